//! Numbers and names appended to a line without going through `std::fmt`, which would take half of a
//! printer's time.

/// Appends to the text of an instruction.
pub(in super::super) trait Text {
    /// Bytes as they are.
    fn put(&mut self, text: &str);
    /// ASCII lower case of `text`.
    fn lower(&mut self, text: &str);
    /// A decimal number.
    fn dec(&mut self, n: i64);
    /// An unsigned decimal number.
    fn udec(&mut self, n: u64);
    /// `0x…`, lower case; 0 is `0x0`.
    fn hex(&mut self, n: u64);
    /// `letter` and a number: a register.
    fn reg(&mut self, letter: &str, n: impl Into<u64>) {
        self.put(letter);
        self.udec(n.into());
    }
}

impl Text for Vec<u8> {
    fn put(&mut self, text: &str) {
        self.extend_from_slice(text.as_bytes());
    }

    fn lower(&mut self, text: &str) {
        self.extend(text.bytes().map(|b| b.to_ascii_lowercase()));
    }

    fn dec(&mut self, n: i64) {
        if n < 0 {
            self.push(b'-');
        }
        self.udec(n.unsigned_abs());
    }

    #[inline]
    fn udec(&mut self, n: u64) {
        // Most numbers are registers and small offsets.
        match n {
            0..10 => self.push(b'0' + n as u8),
            10..100 => self.extend_from_slice(&[b'0' + (n / 10) as u8, b'0' + (n % 10) as u8]),
            _ => digits::<10>(self, n),
        }
    }

    fn hex(&mut self, n: u64) {
        self.put("0x");
        digits::<16>(self, n);
    }
}

fn digits<const BASE: u64>(out: &mut Vec<u8>, mut n: u64) {
    // Enough for u64 in decimal.
    let mut text = [0; 20];
    let mut at = text.len();
    for place in text.iter_mut().rev() {
        *place = b"0123456789abcdef"[(n % BASE) as usize];
        n /= BASE;
        at -= 1;
        if n == 0 {
            break;
        }
    }
    out.extend_from_slice(text.get(at..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let mut out = Vec::new();
        out.dec(i64::MIN);
        out.put(" ");
        out.hex(0);
        out.hex(u64::MAX);
        out.reg(" X", 31u8);
        assert_eq!(out, b"-9223372036854775808 0x00xffffffffffffffff X31");
    }
}
