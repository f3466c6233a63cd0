//! GNU syntax: the manual's operand order, extended mnemonics in place of masks.

use super::decode::Inst;
use super::{Arg, Args, Index};
use crate::disasm::Style;
use crate::disasm::isa::Text;

/// Appends the GNU syntax of `inst` at address `pc`.
pub(super) fn print(inst: &Inst, pc: u64, style: Style, out: &mut Vec<u8>) {
    let mut args = inst.args;
    let from = out.len();
    if !branch(inst.row.name, &mut args, out) && !condition(inst.row.name, &mut args, out) {
        out.truncate(from);
        vector(inst.row.name, &mut args, out);
    }
    // Go's name for it is misspelt.
    if style.strict_go && out.get(from..) == Some(b"vzero") {
        out.truncate(from);
        out.put("vzeo");
    }
    for (i, &arg) in args.iter().enumerate() {
        out.put(if i == 0 { " " } else { "," });
        write_arg(arg, pc, out);
    }
}

/// Branches whose mask is a condition: a name of their own, without the mask.
fn branch(name: &str, args: &mut Args, out: &mut Vec<u8>) -> bool {
    let (never, prefix, suffix) = match name {
        "bic" => (None, "bi", ""),
        "bcr" => (Some("nopr"), "b", "r"),
        "bc" => (Some("nopr"), "b", ""),
        "brc" => (Some("jnop"), "j", ""),
        "brcl" => (Some("jgnop"), "jg", ""),
        _ => return false,
    };
    let condition = match nth_mask(args, 0) {
        Some(1) => "o",
        Some(2) => "h",
        Some(4) => "l",
        Some(7) => "ne",
        Some(8) => "e",
        Some(11) => "nl",
        Some(13) => "nh",
        Some(14) => "no",
        Some(15) => "",
        mask => {
            match never.filter(|_| mask == Some(0)) {
                Some(never) => {
                    out.put(never);
                    drop_masks(args, 0, 1);
                }
                None => out.put(name),
            }
            return true;
        }
    };
    for part in [prefix, condition, suffix] {
        out.put(part);
    }
    drop_masks(args, 0, 1);
    true
}

/// Compares, loads and stores on a condition: the condition behind the mnemonic.
fn condition(name: &str, args: &mut Args, out: &mut Vec<u8>) -> bool {
    const COMPARES: [&str; 13] = ["", "", "h", "", "l", "", "ne", "", "e", "", "nl", "", "nh"];
    const LOADS: [&str; 15] = [
        "", "o", "h", "nle", "l", "nhe", "lh", "ne", "e", "nlh", "he", "nl", "le", "nh", "no",
    ];
    let suffixes: &[&str] = match name {
        "crb" | "cgrb" | "crj" | "cgrj" | "crt" | "cgrt" | "cib" | "cgib" | "cij" | "cgij" | "cit"
        | "cgit" | "clrb" | "clgrb" | "clrj" | "clgrj" | "clrt" | "clgrt" | "clt" | "clgt" | "clib"
        | "clgib" | "clij" | "clgij" | "clfit" | "clgit" => &COMPARES,
        "lochhi" | "lochi" | "locghi" | "locfhr" | "locfh" | "locr" | "locgr" | "loc" | "locg" | "selr"
        | "selgr" | "selfhr" | "stocfh" | "stoc" | "stocg" => &LOADS,
        _ => return false,
    };
    out.put(name);
    let suffix = nth_mask(args, 0)
        .and_then(|mask| suffixes.get(usize::from(mask)))
        .copied()
        .unwrap_or_default();
    if !suffix.is_empty() {
        out.put(suffix);
        drop_masks(args, 0, 1);
    }
    true
}

const SIZES: [&str; 7] = ["b", "h", "f", "g", "q", "", "lf"];

/// Vector instructions: element sizes and flags behind the mnemonic, `w` before it for a single element.
fn vector(name: &str, args: &mut Args, out: &mut Vec<u8>) {
    let mask = |n: usize| nth_mask(args, n).unwrap_or(u8::MAX);
    let (first, second, third) = (mask(0), mask(1), mask(2));
    // Sizes from `.0` to `.1` are told by the first mask.
    let sizes = match name {
        "vavg" | "vavgl" | "verllv" | "veslv" | "vesrav" | "vesrlv" | "vgfm" | "vgm" | "vmx" | "vmxl"
        | "vmrh" | "vmrl" | "vmn" | "vmnl" | "vrep" | "vclz" | "vctz" | "vec" | "vecl" | "vlc" | "vlp"
        | "vpopct" | "vrepi" | "verim" | "verll" | "vesl" | "vesra" | "vesrl" | "vgfma" | "vlrep"
        | "vlgv" | "vlvg" => Some(0..4),
        "vlbrrep" | "vler" | "vster" | "vpk" => Some(1..4),
        "vlbr" | "vstbr" => Some(1..5),
        "vme" | "vmh" | "vmle" | "vmlh" | "vmlo" | "vmo" | "vml" | "vmae" | "vmale" | "vmalo" | "vmal"
        | "vmah" | "vmalh" | "vmao" | "vmph" | "vmplh" | "vupl" | "vupll" => Some(0..3),
        "vscbi" | "vs" | "va" | "vacc" => Some(0..5),
        "vsum" => Some(0..2),
        "vsumg" => Some(1..3),
        "vsumq" => Some(2..4),
        "vllez" => Some(if first == 6 { 0..7 } else { 0..4 }),
        "vac" | "vaccc" | "vsbcbi" | "vsbi" => Some(4..5),
        _ => None,
    };
    if let Some(sizes) = sizes {
        out.put(name);
        if sizes.contains(&first) {
            out.put(if (name, first) == ("vml", 1) {
                "hw"
            } else {
                SIZES[usize::from(first.min(6))]
            });
            drop_masks(args, 0, 1);
        }
        return;
    }
    match name {
        "vgbm" => match args.get(1) {
            Some(Arg::Imm(0)) => short(args, out, "vzero", 1),
            Some(Arg::Imm(0xffff)) => short(args, out, "vone", 1),
            _ => out.put(name),
        },
        "vno" if args.get(1) == args.get(2) => short(args, out, "vnot", 2),
        "vmsl" if first == 3 => {
            out.put("vmslg");
            drop_masks(args, 0, 1);
        }
        "vllebrz" | "vschp" => {
            let other = match (name, first) {
                ("vllebrz", 1) => "vllebrzh",
                ("vllebrz", 2) => "vllebrzf",
                ("vllebrz", 3) => "ldrv",
                ("vllebrz", 6) => "lerv",
                ("vschp", 2) => "vschsp",
                ("vschp", 3) => "vschdp",
                ("vschp", 4) => "vschxp",
                _ => return out.put(name),
            };
            out.put(other);
            drop_masks(args, 0, 1);
        }
        "vceq" | "vch" | "vchl" if first < 2 && second == 0 => {
            sized(name, SIZES[usize::from(first)], 2, args, out)
        }
        "vpks" | "vpkls" if (first, second) == (1, 0) => sized(name, "h", 2, args, out),
        "vfee" | "vfene" | "vfae" | "vstrc" | "vstrs" | "vistr" => strings(name, first, second, args, out),
        "vcfps" => convert(["wcefb", "wcdgb", "vcefb", "vcdgb"], name, args, out),
        "vcfpl" => convert(["wcelfb", "wcdlgb", "vcelfb", "vcdlgb"], name, args, out),
        "vcsfp" => convert(["wcfeb", "wcgdb", "vcfeb", "vcgdb"], name, args, out),
        "vclfp" => convert(["wclfeb", "wclgdb", "vclfeb", "vclgdb"], name, args, out),
        "vflr" => {
            let scalar = second & 8 != 0;
            let other = match (first, scalar) {
                (3, true) => "wflrd",
                (4, true) => "wflrx",
                (3, false) => "vflrd",
                _ => return out.put(name),
            };
            rounded(other, scalar, args, out);
        }
        "vfi" => {
            let scalar = second & 8 != 0;
            let other = match (first, scalar) {
                (2, true) => "wfisb",
                (3, true) => "wfidb",
                (4, true) => "wfixb",
                (2, false) => "vfisb",
                (3, false) => "vfidb",
                _ => return out.put(name),
            };
            rounded(other, scalar, args, out);
        }
        "vfll" => {
            let other = match (first, second) {
                (2, 0) => "vflfs",
                (2, 8) => "wflls",
                (3, 8) => "wflld",
                _ => return out.put(name),
            };
            out.put(other);
            drop_masks(args, 0, 2);
        }
        "vfa" | "vfd" | "vfmax" | "vfmin" | "vfm" => float(name, "", first, second, 2, args, out),
        "vfma" | "vfms" | "vfnma" | "vfnms" => float(name, "", second, first, 2, args, out),
        "wfc" | "wfk" if second == 0 && (2..5).contains(&first) => {
            sized(name, FLOATS[usize::from(first - 2)], 2, args, out);
        }
        "vfce" | "vfch" | "vfche" if third < 2 && second & 3 == 0 => {
            // Bit 4 of the second mask: signaling comparisons, named vfk…
            let stem = match (name, second & 4 != 0) {
                (_, false) => name,
                ("vfce", _) => "vfke",
                ("vfch", _) => "vfkh",
                _ => "vfkhe",
            };
            let plain = out.len();
            float(
                stem,
                if third == 1 { "s" } else { "" },
                first,
                second & !4,
                3,
                args,
                out,
            );
            if out.get(plain..) == Some(stem.as_bytes()) {
                out.truncate(plain);
                out.put(name);
            }
        }
        "vfpso" if third < 3 => {
            let stem = ["vflc", "vfln", "vflp"][usize::from(third)];
            let plain = out.len();
            float(stem, "", first, second, 3, args, out);
            if out.get(plain..) == Some(stem.as_bytes()) {
                out.truncate(plain);
                out.put(name);
            }
        }
        _ => out.put(name),
    }
}

/// Short, long and extended binary floating point.
const FLOATS: [&str; 3] = ["sb", "db", "xb"];

/// A floating-point operation: format 2 to 4, one element where `single` is 8; drops `masks` masks where both
/// are defined.
fn float(stem: &str, suffix: &str, format: u8, single: u8, masks: usize, args: &mut Args, out: &mut Vec<u8>) {
    let known = matches!((format, single), (2 | 3, 0) | (2..=4, 8));
    if !known {
        return out.put(stem);
    }
    out.put(if single == 8 { "w" } else { "v" });
    out.put(stem.get(1..).unwrap_or_default());
    out.put(FLOATS[usize::from(format - 2)]);
    out.put(suffix);
    drop_masks(args, 0, masks);
}

/// String searches: size in the first mask; in the second 1 sets the condition code, 2 stops at zero.
fn strings(name: &str, size: u8, flags: u8, args: &mut Args, out: &mut Vec<u8>) {
    out.put(name);
    let sized = size < 3;
    // Which of the flags the name can carry, and what stays of the second mask.
    let (carried, rest) = match name {
        "vfee" | "vfene" if flags < 4 => (flags, 0),
        "vstrs" if flags == 2 => (2, 0),
        "vistr" if flags == 1 => (1, 0),
        "vfae" | "vstrc" => (flags & 3, flags & !3),
        _ => (0, flags),
    };
    if !sized {
        if flags == 0 && name != "vstrs" {
            drop_masks(args, 1, 1);
        }
        return;
    }
    out.put(if carried & 2 != 0 { "z" } else { "" });
    out.put(SIZES[usize::from(size)]);
    out.put(if carried & 1 != 0 { "s" } else { "" });
    set_mask(args, 1, rest);
    drop_masks(args, 0, if rest == 0 { 2 } else { 1 });
}

/// Conversions between floating and fixed point: single short, single long, short, long.
fn convert(names: [&str; 4], name: &str, args: &mut Args, out: &mut Vec<u8>) {
    let (format, modifier) = (nth_mask(args, 0).unwrap_or(0), nth_mask(args, 1).unwrap_or(0));
    let scalar = modifier & 8 != 0;
    match format {
        2 | 3 => {
            let at = usize::from(format - 2) + if scalar { 0 } else { 2 };
            rounded(names[at], scalar, args, out);
        }
        _ => out.put(name),
    }
}

/// A name that tells the format and whether it is a single element; the rest of the second mask stays.
fn rounded(name: &str, scalar: bool, args: &mut Args, out: &mut Vec<u8>) {
    out.put(name);
    if scalar {
        let modifier = nth_mask(args, 1).unwrap_or(0);
        set_mask(args, 1, modifier ^ 8);
    }
    drop_masks(args, 0, 1);
}

fn sized(name: &str, suffix: &str, masks: usize, args: &mut Args, out: &mut Vec<u8>) {
    out.put(name);
    out.put(suffix);
    drop_masks(args, 0, masks);
}

fn short(args: &mut Args, out: &mut Vec<u8>, name: &str, at: usize) {
    out.put(name);
    args.remove(at);
}

/// The `n`th mask operand.
fn nth_mask(args: &Args, n: usize) -> Option<u8> {
    let mut masks = args.iter().filter_map(|arg| match arg {
        Arg::Mask(mask) => Some(*mask),
        _ => None,
    });
    masks.nth(n)
}

fn mask_place(args: &Args, n: usize) -> Option<usize> {
    (0..args.len())
        .filter(|&i| matches!(args.get(i), Some(Arg::Mask(_))))
        .nth(n)
}

fn set_mask(args: &mut Args, n: usize, mask: u8) {
    if let Some(place) = mask_place(args, n).and_then(|i| args.get_mut(i)) {
        *place = Arg::Mask(mask);
    }
}

/// Takes out `count` masks from the `n`th on.
fn drop_masks(args: &mut Args, n: usize, count: usize) {
    for _ in 0..count {
        if let Some(i) = mask_place(args, n) {
            args.remove(i);
        }
    }
}

fn write_arg(arg: Arg, pc: u64, out: &mut Vec<u8>) {
    match arg {
        Arg::R(n) => out.reg("%r", n),
        Arg::F(n) => out.reg("%f", n),
        Arg::A(n) => out.reg("%a", n),
        Arg::C(n) => out.reg("%c", n),
        Arg::V(n) => out.reg("%v", n),
        Arg::Imm(n) => out.dec(n),
        Arg::Mask(n) => out.udec(n.into()),
        Arg::Len(n) => out.udec(n.into()),
        Arg::Target(distance) => out.hex(pc.wrapping_add_signed(distance)),
        Arg::Mem { disp, index, base } => {
            out.dec(disp.into());
            let beside = index != Index::None && index != Index::X(0);
            match index {
                Index::None | Index::X(0) => {}
                Index::X(n) | Index::R(n) => out.reg("(%r", n),
                Index::V(n) => out.reg("(%v", n),
                Index::Len(n) => out.reg("(", n),
            }
            match (beside, base) {
                (false, 0) => {}
                (false, n) => {
                    out.reg("(%r", n);
                    out.put(")");
                }
                (true, 0) => out.put(")"),
                (true, n) => {
                    out.reg(",%r", n);
                    out.put(")");
                }
            }
        }
    }
}
