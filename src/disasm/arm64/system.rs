//! Names of the cache and translation maintenance operations (`DC`, `IC`, `TLBI`, `AT`), which are `SYS`
//! encodings.
//!
//! Authority: DDI 0487, chapter C5.3 to C5.5. `AT` and `IC` are not decoded by golang.org/x/arch.

/// The instruction an operation belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    At,
    Dc,
    Ic,
    Tlbi,
}

/// One operation.
#[derive(Debug)]
pub(super) struct SysOp {
    kind: Kind,
    /// op1:CRn:CRm:op2, the fourteen bits from bit 5 of the word.
    code: u32,
    pub name: &'static str,
    /// Does it take a register?
    pub register: bool,
}

const fn op(kind: Kind, op1: u32, n: u32, m: u32, op2: u32, name: &'static str) -> SysOp {
    SysOp {
        kind,
        code: op1 << 11 | n << 7 | m << 3 | op2,
        name,
        register: true,
    }
}

const fn bare(op1: u32, m: u32, op2: u32, name: &'static str) -> SysOp {
    SysOp {
        kind: Kind::Tlbi,
        code: op1 << 11 | 8 << 7 | m << 3 | op2,
        name,
        register: false,
    }
}

const fn tlbi(op1: u32, m: u32, op2: u32, name: &'static str) -> SysOp {
    op(Kind::Tlbi, op1, 8, m, op2, name)
}

const fn dc(op1: u32, m: u32, op2: u32, name: &'static str) -> SysOp {
    op(Kind::Dc, op1, 7, m, op2, name)
}

const fn at(op1: u32, op2: u32, name: &'static str) -> SysOp {
    op(Kind::At, op1, 7, 8, op2, name)
}

const OPS: &[SysOp] = &[
    SysOp {
        register: false,
        ..op(Kind::Ic, 0, 7, 1, 0, "IALLUIS")
    },
    SysOp {
        register: false,
        ..op(Kind::Ic, 0, 7, 5, 0, "IALLU")
    },
    op(Kind::Ic, 3, 7, 5, 1, "IVAU"),
    dc(0, 6, 1, "IVAC"),
    dc(0, 6, 2, "ISW"),
    dc(0, 6, 3, "IGVAC"),
    dc(0, 6, 4, "IGSW"),
    dc(0, 6, 5, "IGDVAC"),
    dc(0, 6, 6, "IGDSW"),
    dc(0, 10, 2, "CSW"),
    dc(0, 10, 4, "CGSW"),
    dc(0, 10, 6, "CGDSW"),
    dc(0, 14, 2, "CISW"),
    dc(0, 14, 4, "CIGSW"),
    dc(0, 14, 6, "CIGDSW"),
    dc(3, 4, 1, "ZVA"),
    dc(3, 4, 3, "GVA"),
    dc(3, 4, 4, "GZVA"),
    dc(3, 10, 1, "CVAC"),
    dc(3, 10, 3, "CGVAC"),
    dc(3, 10, 5, "CGDVAC"),
    dc(3, 11, 1, "CVAU"),
    dc(3, 12, 1, "CVAP"),
    dc(3, 12, 3, "CGVAP"),
    dc(3, 12, 5, "CGDVAP"),
    dc(3, 13, 1, "CVADP"),
    dc(3, 13, 3, "CGVADP"),
    dc(3, 13, 5, "CGDVADP"),
    dc(3, 14, 1, "CIVAC"),
    dc(3, 14, 3, "CIGVAC"),
    dc(3, 14, 5, "CIGDVAC"),
    bare(0, 1, 0, "VMALLE1OS"),
    tlbi(0, 1, 1, "VAE1OS"),
    tlbi(0, 1, 2, "ASIDE1OS"),
    tlbi(0, 1, 3, "VAAE1OS"),
    tlbi(0, 1, 5, "VALE1OS"),
    tlbi(0, 1, 7, "VAALE1OS"),
    tlbi(0, 2, 1, "RVAE1IS"),
    tlbi(0, 2, 3, "RVAAE1IS"),
    tlbi(0, 2, 5, "RVALE1IS"),
    tlbi(0, 2, 7, "RVAALE1IS"),
    bare(0, 3, 0, "VMALLE1IS"),
    tlbi(0, 3, 1, "VAE1IS"),
    tlbi(0, 3, 2, "ASIDE1IS"),
    tlbi(0, 3, 3, "VAAE1IS"),
    tlbi(0, 3, 5, "VALE1IS"),
    tlbi(0, 3, 7, "VAALE1IS"),
    tlbi(0, 5, 1, "RVAE1OS"),
    tlbi(0, 5, 3, "RVAAE1OS"),
    tlbi(0, 5, 5, "RVALE1OS"),
    tlbi(0, 5, 7, "RVAALE1OS"),
    tlbi(0, 6, 1, "RVAE1"),
    tlbi(0, 6, 3, "RVAAE1"),
    tlbi(0, 6, 5, "RVALE1"),
    tlbi(0, 6, 7, "RVAALE1"),
    bare(0, 7, 0, "VMALLE1"),
    tlbi(0, 7, 1, "VAE1"),
    tlbi(0, 7, 2, "ASIDE1"),
    tlbi(0, 7, 3, "VAAE1"),
    tlbi(0, 7, 5, "VALE1"),
    tlbi(0, 7, 7, "VAALE1"),
    tlbi(4, 0, 1, "IPAS2E1IS"),
    tlbi(4, 0, 2, "RIPAS2E1IS"),
    tlbi(4, 0, 5, "IPAS2LE1IS"),
    tlbi(4, 0, 6, "RIPAS2LE1IS"),
    bare(4, 1, 0, "ALLE2OS"),
    tlbi(4, 1, 1, "VAE2OS"),
    bare(4, 1, 4, "ALLE1OS"),
    tlbi(4, 1, 5, "VALE2OS"),
    bare(4, 1, 6, "VMALLS12E1OS"),
    tlbi(4, 2, 1, "RVAE2IS"),
    tlbi(4, 2, 5, "RVALE2IS"),
    bare(4, 3, 0, "ALLE2IS"),
    tlbi(4, 3, 1, "VAE2IS"),
    bare(4, 3, 4, "ALLE1IS"),
    tlbi(4, 3, 5, "VALE2IS"),
    bare(4, 3, 6, "VMALLS12E1IS"),
    tlbi(4, 4, 0, "IPAS2E1OS"),
    tlbi(4, 4, 1, "IPAS2E1"),
    tlbi(4, 4, 2, "RIPAS2E1"),
    tlbi(4, 4, 3, "RIPAS2E1OS"),
    tlbi(4, 4, 4, "IPAS2LE1OS"),
    tlbi(4, 4, 5, "IPAS2LE1"),
    tlbi(4, 4, 6, "RIPAS2LE1"),
    tlbi(4, 4, 7, "RIPAS2LE1OS"),
    tlbi(4, 5, 1, "RVAE2OS"),
    tlbi(4, 5, 5, "RVALE2OS"),
    tlbi(4, 6, 1, "RVAE2"),
    tlbi(4, 6, 5, "RVALE2"),
    bare(4, 7, 0, "ALLE2"),
    tlbi(4, 7, 1, "VAE2"),
    bare(4, 7, 4, "ALLE1"),
    tlbi(4, 7, 5, "VALE2"),
    bare(4, 7, 6, "VMALLS12E1"),
    bare(6, 1, 0, "ALLE3OS"),
    tlbi(6, 1, 1, "VAE3OS"),
    tlbi(6, 1, 5, "VALE3OS"),
    tlbi(6, 2, 1, "RVAE3IS"),
    tlbi(6, 2, 5, "RVALE3IS"),
    bare(6, 3, 0, "ALLE3IS"),
    tlbi(6, 3, 1, "VAE3IS"),
    tlbi(6, 3, 5, "VALE3IS"),
    tlbi(6, 5, 1, "RVAE3OS"),
    tlbi(6, 5, 5, "RVALE3OS"),
    tlbi(6, 6, 1, "RVAE3"),
    tlbi(6, 6, 5, "RVALE3"),
    bare(6, 7, 0, "ALLE3"),
    tlbi(6, 7, 1, "VAE3"),
    tlbi(6, 7, 5, "VALE3"),
    at(0, 0, "S1E1R"),
    at(0, 1, "S1E1W"),
    at(0, 2, "S1E0R"),
    at(0, 3, "S1E0W"),
    at(4, 0, "S1E2R"),
    at(4, 1, "S1E2W"),
    at(4, 4, "S12E1R"),
    at(4, 5, "S12E1W"),
    at(4, 6, "S12E0R"),
    at(4, 7, "S12E0W"),
    at(6, 0, "S1E3R"),
    at(6, 1, "S1E3W"),
];

/// The operation whose code stands in an instruction word.
pub(super) fn find(kind: Kind, code: u32) -> Option<&'static SysOp> {
    OPS.iter().find(|op| op.code == code && op.kind == kind)
}
