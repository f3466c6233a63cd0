//! What is known of a fact: it was read, it is known not to be there, or the file does not show it.
//!
//! The third is what makes a gate lie: a list that could not be read looks like an empty one. Whoever decides
//! by a [`Seen`] has to say what the third means; the rules' way to do so, `judge`, never makes it a pass.

/// A fact, and how much of it could be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen<T> {
    /// Read whole.
    Is(T),
    /// Known not to be there.
    Absent,
    /// Not to be seen, or not all of it: stripped, cut short, packed, no list.
    Hidden {
        /// Why, as a clause: `the file is cut short`.
        why: String,
        /// What could be seen of it all the same: that much is certain, and there may be more.
        part: Option<T>,
    },
}

impl<T> Seen<T> {
    /// Not to be seen at all.
    pub fn hidden(why: impl Into<String>) -> Seen<T> {
        Seen::Hidden {
            why: why.into(),
            part: None,
        }
    }

    /// Known, or known to be absent.
    pub fn of(value: Option<T>) -> Seen<T> {
        value.map_or(Seen::Absent, Seen::Is)
    }

    /// The fact, where it was read whole.
    pub fn known(&self) -> Option<&T> {
        match self {
            Seen::Is(v) => Some(v),
            _ => None,
        }
    }

    /// What there is of it: all, or the part that could be seen.
    pub fn part(&self) -> Option<&T> {
        match self {
            Seen::Is(v) => Some(v),
            Seen::Absent => None,
            Seen::Hidden { part, .. } => part.as_ref(),
        }
    }

    /// Why it can't be seen (whole), where that is so.
    pub fn why(&self) -> Option<&str> {
        match self {
            Seen::Hidden { why, .. } => Some(why),
            _ => None,
        }
    }

    /// The fact of which no more than this may have been seen.
    pub fn doubted(self, why: impl Into<String>) -> Seen<T> {
        let part = match self {
            Seen::Is(v) => Some(v),
            Seen::Absent => None,
            Seen::Hidden { part, .. } => part,
        };
        Seen::Hidden {
            why: why.into(),
            part,
        }
    }

    /// The same of something made from the fact.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Seen<U> {
        match self {
            Seen::Is(v) => Seen::Is(f(v)),
            Seen::Absent => Seen::Absent,
            Seen::Hidden { why, part } => Seen::Hidden {
                why,
                part: part.map(f),
            },
        }
    }

    /// The fact by reference.
    pub fn as_ref(&self) -> Seen<&T> {
        match self {
            Seen::Is(v) => Seen::Is(v),
            Seen::Absent => Seen::Absent,
            Seen::Hidden { why, part } => Seen::Hidden {
                why: why.clone(),
                part: part.as_ref(),
            },
        }
    }
}

impl Seen<bool> {
    /// Is it known to be so?
    pub fn is(&self) -> bool {
        self.known() == Some(&true)
    }

    /// Is it known not to be so?
    pub fn is_not(&self) -> bool {
        self.known() == Some(&false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_certain_and_not_all() {
        let list = Seen::Is(vec![1]).doubted("cut short");
        assert_eq!((list.known(), list.part()), (None, Some(&vec![1])));
        assert_eq!(list.why(), Some("cut short"));
        assert_eq!(Seen::<u8>::Absent.doubted("cut short"), Seen::hidden("cut short"));
        let no: Seen<bool> = Seen::hidden("no names");
        assert!(!no.is() && !no.is_not());
    }
}
