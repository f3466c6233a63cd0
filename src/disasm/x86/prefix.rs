//! The prefixes of a legacy-encoded instruction: which of them Go shows as a word of their own.
//!
//! Go's decoder marks a prefix as implied where the instruction's text already says it (an operand size, a
//! segment of a memory operand, a mandatory prefix of an SSE opcode) and shows the last one that is left;
//! `REP` and `REPNE` stand before it as instructions of their own.

use iced_x86::{FlowControl, Instruction, Mnemonic, OpKind, Register};

/// What stands before the opcode.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Prefixes {
    /// How many bytes, REX included.
    len: usize,
    rex: u8,
    data16: bool,
    segment: Option<u8>,
    /// The words to print.
    pub rep: Option<&'static str>,
    pub word: Option<&'static str>,
    lock: bool,
}

impl Prefixes {
    /// Reads the prefixes of `code`, whose first instruction is `insn`.
    pub fn scan(code: &[u8], bitness: u32, insn: &Instruction, legacy: bool) -> Prefixes {
        let mut p = Prefixes::default();
        if !legacy {
            return p;
        }
        let Some(&first) = code.first() else { return p };
        if !is_prefix(first) && (bitness == 32 || first & 0xF0 != 0x40) {
            return p; // the common case
        }
        p.read(code, bitness);
        if p.len == 1 && p.rex != 0 {
            return p;
        }
        p.words(code, bitness, insn);
        p
    }

    fn read(&mut self, code: &[u8], bitness: u32) {
        for &b in code.iter().take(14) {
            match b {
                0x66 => self.data16 = true,
                0x64 | 0x65 => self.segment = Some(b),
                0x26 | 0x2E | 0x36 | 0x3E if bitness == 32 => self.segment = Some(b),
                0xF0 => self.lock = true,
                _ if is_prefix(b) => {}
                _ => {
                    if bitness == 64 && b & 0xF0 == 0x40 {
                        self.rex = b;
                        self.len += 1;
                    }
                    return;
                }
            }
            self.len += 1;
        }
    }

    /// Decides which words are shown.
    fn words(&mut self, code: &[u8], bitness: u32, insn: &Instruction) {
        let scanned = code.get(..self.len).unwrap_or(&[]);
        let last_of = |set: &[u8]| scanned.iter().rposition(|b| set.contains(b));
        let (rep_at, seg_at) = (
            last_of(&[0xF2, 0xF3]),
            last_of(if bitness == 64 { &[0x64, 0x65] } else { SEGMENTS }),
        );
        let has_memory = (0..insn.op_count()).any(|i| insn.op_kind(i) == OpKind::Memory);
        let uses_segment = has_memory || (0..insn.op_count()).any(|i| is_segmented(insn.op_kind(i)));
        let counts = matches!(
            insn.mnemonic(),
            Mnemonic::Jcxz
                | Mnemonic::Jecxz
                | Mnemonic::Jrcxz
                | Mnemonic::Loop
                | Mnemonic::Loope
                | Mnemonic::Loopne
        );
        let jumps = insn.flow_control() == FlowControl::ConditionalBranch || counts;
        let hint_at = if jumps { last_of(&[0x2E, 0x3E]) } else { None };
        let rep_shown = insn.has_rep_prefix() || insn.has_repne_prefix();
        let mut last = 0u8;
        let mut hint = false;
        for (i, &b) in scanned.iter().enumerate() {
            let implied = match b {
                0xF2 | 0xF3 => rep_at == Some(i) && !rep_shown,
                // Go never takes a size prefix for implied here; it says nothing itself but hides a word
                // before it.
                0x66 | 0x67 | 0xF0 => false,
                _ if hint_at == Some(i) => false,
                _ => seg_at == Some(i) && uses_segment,
            };
            match b {
                _ if implied => {}
                0xF3 => self.rep = Some("REP; "),
                0xF2 => self.rep = Some("REPNE; "),
                _ if b & 0xF0 == 0x40 => {}
                _ => {
                    last = b;
                    hint = hint_at == Some(i);
                }
            }
        }
        self.word = match (last, hint) {
            (0x2E, true) => Some("PN "),
            (0x3E, true) => Some("PT "),
            (0x26, _) => Some("ES "),
            (0x2E, _) => Some("CS "),
            (0x36, _) => Some("SS "),
            (0x3E, _) => Some("DS "),
            (0x64, _) => Some("FS "),
            (0x65, _) => Some("GS "),
            (0xF0, _) => Some("LOCK "),
            _ => None,
        };
    }

    /// The prefixes among the bytes of an instruction, REX included.
    pub fn bytes<'c>(&self, code: &'c [u8]) -> &'c [u8] {
        code.get(..self.len).unwrap_or(&[])
    }

    /// The first byte behind the prefixes.
    pub fn opcode(&self, code: &[u8]) -> u8 {
        code.get(self.len).copied().unwrap_or(0)
    }

    pub fn rex_w(&self) -> bool {
        self.rex & 8 != 0
    }

    pub fn data16(&self) -> bool {
        self.data16
    }

    /// The segment override that counts, [`Register::None`] without one.
    pub fn segment(&self) -> Register {
        match self.segment {
            Some(0x26) => Register::ES,
            Some(0x2E) => Register::CS,
            Some(0x36) => Register::SS,
            Some(0x3E) => Register::DS,
            Some(0x64) => Register::FS,
            Some(0x65) => Register::GS,
            _ => Register::None,
        }
    }

    /// Where the ModR/M byte of an instruction with one lies.
    pub fn modrm_index(&self, code: &[u8]) -> usize {
        let at = |i: usize| code.get(self.len + i).copied().unwrap_or(0);
        match (at(0), at(1)) {
            (0x0F, 0x38 | 0x3A) => self.len + 3,
            (0x0F, _) => self.len + 2,
            _ => self.len + 1,
        }
    }
}

const SEGMENTS: &[u8] = &[0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65];

fn is_prefix(b: u8) -> bool {
    matches!(b, 0x26 | 0x2E | 0x36 | 0x3E | 0x64..=0x67 | 0xF0 | 0xF2 | 0xF3)
}

fn is_segmented(kind: OpKind) -> bool {
    matches!(
        kind,
        OpKind::MemorySegSI
            | OpKind::MemorySegESI
            | OpKind::MemorySegRSI
            | OpKind::MemorySegDI
            | OpKind::MemorySegEDI
            | OpKind::MemorySegRDI
    )
}
