//! Instruction bytes → one line of Go assembler syntax.
//!
//! One folder or file per architecture; each has a [`Printer`] that decodes the instruction at the start of a
//! byte slice and writes the text that `go tool objdump` prints for it (golang.org/x/arch/*/*asm, `GoSyntax`;
//! the reference is Go 1.27). Beside the text, [`step`] tells what an instruction does, and [`refs`], fast,
//! which addresses code names. Nothing here knows of files, sections or functions: that is the listing's
//! business (`analysis::listing`).

pub mod address_bits;
mod arm;
mod arm64;
mod isa;
mod loong64;
mod mips;
mod ppc64;
pub mod refs;
mod riscv64;
mod s390x;
pub mod step;
pub mod wasm;
mod x86;

pub use arm::Arm;
pub use arm64::Arm64;
pub use loong64::Loong64;
pub use ppc64::Ppc64;
pub use riscv64::Riscv64;
pub use s390x::S390x;
pub use x86::X86;

use step::{Convention, Effect};

/// Finds the symbol that holds an address, as `go tool objdump` does for operands.
pub trait Symbols {
    /// Name and start address of the symbol whose `[start, start + size)` holds `addr`; never for address 0.
    fn lookup(&self, addr: u64) -> Option<(&[u8], u64)>;

    /// Up to 8 bytes of the program's memory at `addr` in file order, for printers that read a literal pool
    /// (arm's `MOVW off(PC)`); `None` outside the text section.
    fn read(&self, addr: u64, len: usize) -> Option<&[u8]> {
        let _ = (addr, len);
        None
    }
}

/// No symbols at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSymbols;

impl Symbols for NoSymbols {
    fn lookup(&self, _: u64) -> Option<(&[u8], u64)> {
        None
    }
}

/// What a printer made of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decoded {
    /// Bytes consumed, never 0 and never more than were given (except that an undecodable cut-off instruction
    /// consumes what is left).
    pub len: usize,
    /// False where the text is `?`.
    pub known: bool,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// Print what Go prints even where Go is wrong, as far as that is known.
    pub strict_go: bool,
    /// Be right even where Go takes an instruction for one of another length, which makes the lines behind it
    /// differ. Without effect where `strict_go` is set.
    pub correct: bool,
}

/// One architecture's decoder and Go-syntax printer. Cheap to share between threads.
pub trait Printer: Send + Sync {
    /// Decodes the instruction at `code[0]`, which lies at address `pc`, and appends its Go syntax to `out`
    /// (`?` where it can't be decoded). `code` ends where the function ends. Never panics on any bytes.
    fn go(&self, code: &[u8], pc: u64, symbols: &dyn Symbols, style: Style, out: &mut Vec<u8>) -> Decoded;

    /// The GNU syntax of the instruction at `code[0]`, as `go tool objdump -gnu` shows it in its comment.
    /// Only called where [`Printer::go`] knew the instruction.
    fn gnu(&self, code: &[u8], pc: u64, style: Style, out: &mut Vec<u8>);

    /// Appends what the instruction at `code[0]` does with addresses and constants; gives its true length,
    /// never 0.
    fn step(&self, code: &[u8], pc: u64, out: &mut Vec<Effect>) -> usize;

    /// How Go uses the registers that [`Printer::step`] speaks of.
    fn convention(&self) -> Convention;

    /// Bytes that an undecodable instruction consumes: 1 on x86, 4 on arm, arm64, ppc64 and loong64, 2 on
    /// riscv64 and s390x.
    fn unknown_len(&self) -> usize;
}

/// The GOARCH words that there is a printer for.
pub const GOARCHES: [&str; 9] = [
    "386", "amd64", "arm", "arm64", "loong64", "ppc64", "ppc64le", "riscv64", "s390x",
];

/// The printer for a GOARCH word; `None` where `go tool objdump` says `unsupported architecture`.
pub fn printer(goarch: &str) -> Option<Box<dyn Printer>> {
    match goarch {
        "amd64" => Some(Box::new(X86::AMD64)),
        "386" => Some(Box::new(X86::I386)),
        "loong64" => Some(Box::new(Loong64)),
        "ppc64" => Some(Box::new(Ppc64 { little_endian: false })),
        "ppc64le" => Some(Box::new(Ppc64 { little_endian: true })),
        "s390x" => Some(Box::new(S390x)),
        "riscv64" => Some(Box::new(Riscv64)),
        "arm" => Some(Box::new(Arm)),
        "arm64" => Some(Box::new(Arm64)),
        _ => None,
    }
}
