//! GNU syntax: for now only the mnemonic.
use super::decode::Inst;
use crate::disasm::isa::Text;
pub(super) fn print(inst: &Inst, _pc: u64, out: &mut Vec<u8>) {
    out.put(inst.row.name);
}
