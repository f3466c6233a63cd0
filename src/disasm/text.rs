//! Numbers into a byte buffer, without the formatting machinery: a listing prints millions of them.

/// Appends `value` in decimal.
pub(crate) fn push_decimal(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Appends `value` in decimal, with a minus where it is negative.
pub(crate) fn push_signed(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    push_decimal(out, value.unsigned_abs());
}

/// Appends `value` in lower-case hexadecimal, without a prefix.
pub(crate) fn push_hex(out: &mut Vec<u8>, value: u64) {
    let mut started = false;
    for shift in (0..16).rev() {
        let digit = (value >> (4 * shift) & 15) as u8;
        started |= digit != 0 || shift == 0;
        if started {
            out.push(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_formatter_writes_them() {
        for value in [0, 1, 9, 10, 15, 16, 255, 1 << 32, u64::MAX] {
            let mut out = Vec::new();
            push_decimal(&mut out, value);
            out.push(b' ');
            push_signed(&mut out, value as i64);
            out.push(b' ');
            push_hex(&mut out, value);
            assert_eq!(String::from_utf8_lossy(&out), format!("{value} {} {value:x}", value as i64));
        }
    }
}
