//! Image → the facts that Go put there.
