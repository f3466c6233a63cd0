//! Register names: iced-x86's registers → the words of Go's and of GNU's assembler.
//!
//! Go has one word for all widths of a general register and drops the `H`/`L` only where Plan 9 did: `AX` is
//! al's wider forms, `AL` and `AH` keep their own names.

use iced_x86::Register;

/// Go's names, in the order of [`Register`]'s values; "" for what Go has no word for.
const GO: [&str; 249] = {
    let mut t = [""; 249];
    let bytes = [
        "AL", "CL", "DL", "BL", "AH", "CH", "DH", "BH", "SP", "BP", "SI", "DI", "R8", "R9", "R10", "R11",
        "R12", "R13", "R14", "R15",
    ];
    copy(&mut t, Register::AL as usize, &bytes);
    let words = [
        "AX", "CX", "DX", "BX", "SP", "BP", "SI", "DI", "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15",
    ];
    copy(&mut t, Register::AX as usize, &words);
    copy(&mut t, Register::EAX as usize, &words);
    copy(&mut t, Register::RAX as usize, &words);
    copy(
        &mut t,
        Register::EIP as usize,
        &["IP", "IP", "ES", "CS", "SS", "DS", "FS", "GS"],
    );
    copy(&mut t, Register::XMM0 as usize, &X);
    copy(&mut t, Register::YMM0 as usize, &Y);
    copy(&mut t, Register::ZMM0 as usize, &Z);
    copy(
        &mut t,
        Register::K0 as usize,
        &[
            "K0", "K1", "K2", "K3", "K4", "K5", "K6", "K7", "BND0", "BND1", "BND2", "BND3",
        ],
    );
    copy(
        &mut t,
        Register::CR0 as usize,
        &[
            "CR0", "CR1", "CR2", "CR3", "CR4", "CR5", "CR6", "CR7", "CR8", "CR9", "CR10", "CR11", "CR12",
            "CR13", "CR14", "CR15", "DR0", "DR1", "DR2", "DR3", "DR4", "DR5", "DR6", "DR7", "DR8", "DR9",
            "DR10", "DR11", "DR12", "DR13", "DR14", "DR15", "F0", "F1", "F2", "F3", "F4", "F5", "F6", "F7",
            "M0", "M1", "M2", "M3", "M4", "M5", "M6", "M7", "TR0", "TR1", "TR2", "TR3", "TR4", "TR5", "TR6",
            "TR7", "TMM0", "TMM1", "TMM2", "TMM3", "TMM4", "TMM5", "TMM6", "TMM7",
        ],
    );
    t
};

const X: [&str; 32] = [
    "X0", "X1", "X2", "X3", "X4", "X5", "X6", "X7", "X8", "X9", "X10", "X11", "X12", "X13", "X14", "X15",
    "X16", "X17", "X18", "X19", "X20", "X21", "X22", "X23", "X24", "X25", "X26", "X27", "X28", "X29", "X30",
    "X31",
];
const Y: [&str; 32] = [
    "Y0", "Y1", "Y2", "Y3", "Y4", "Y5", "Y6", "Y7", "Y8", "Y9", "Y10", "Y11", "Y12", "Y13", "Y14", "Y15",
    "Y16", "Y17", "Y18", "Y19", "Y20", "Y21", "Y22", "Y23", "Y24", "Y25", "Y26", "Y27", "Y28", "Y29", "Y30",
    "Y31",
];
const Z: [&str; 32] = [
    "Z0", "Z1", "Z2", "Z3", "Z4", "Z5", "Z6", "Z7", "Z8", "Z9", "Z10", "Z11", "Z12", "Z13", "Z14", "Z15",
    "Z16", "Z17", "Z18", "Z19", "Z20", "Z21", "Z22", "Z23", "Z24", "Z25", "Z26", "Z27", "Z28", "Z29", "Z30",
    "Z31",
];

const fn copy(to: &mut [&'static str; 249], at: usize, from: &[&'static str]) {
    let mut i = 0;
    while i < from.len() {
        to[at + i] = from[i];
        i += 1;
    }
}

/// Go's word for a register.
pub(super) fn go(r: Register) -> &'static str {
    GO.get(r as usize).copied().unwrap_or("")
}

/// Appends GNU's word for a register.
pub(super) fn gnu(r: Register, out: &mut Vec<u8>) {
    out.push(b'%');
    if (Register::R8L as usize..=Register::R15L as usize).contains(&(r as usize)) {
        out.extend_from_slice(go(r).to_ascii_lowercase().as_bytes());
        out.push(b'b');
    } else if r.is_st() {
        out.extend_from_slice(b"st");
        if r != Register::ST0 {
            out.extend_from_slice(format!("({})", r.number()).as_bytes());
        }
    } else if r.is_dr() {
        out.extend_from_slice(format!("db{}", r.number()).as_bytes());
    } else {
        out.extend_from_slice(format!("{r:?}").to_ascii_lowercase().as_bytes());
    }
}

/// Is it one of RAX…R15, by their 64-bit names?
pub(super) fn is_64(r: Register) -> bool {
    (Register::RAX as usize..=Register::R15 as usize).contains(&(r as usize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_register_family_starts_and_ends_with_its_own_word() {
        for (r, want) in [
            (Register::AL, "AL"),
            (Register::BH, "BH"),
            (Register::SPL, "SP"),
            (Register::R15L, "R15"),
            (Register::R8W, "R8"),
            (Register::EDI, "DI"),
            (Register::R15D, "R15"),
            (Register::R15, "R15"),
            (Register::RIP, "IP"),
            (Register::GS, "GS"),
            (Register::XMM31, "X31"),
            (Register::YMM0, "Y0"),
            (Register::ZMM31, "Z31"),
            (Register::K7, "K7"),
            (Register::CR8, "CR8"),
            (Register::DR15, "DR15"),
            (Register::ST7, "F7"),
            (Register::MM7, "M7"),
            (Register::TR7, "TR7"),
            (Register::TMM7, "TMM7"),
        ] {
            assert_eq!(go(r), want);
        }
    }

    #[test]
    fn only_the_64_bit_names_count_as_64_bit() {
        assert!(is_64(Register::RAX) && is_64(Register::R15));
        assert!(!is_64(Register::EAX) && !is_64(Register::R15D) && !is_64(Register::RIP));
    }
}
