//! Sizes over releases → line charts in SVG and HTML, and a sparkline for a terminal.
//!
//! The file's own size stands above; below it the largest modules, packages or kinds, in one panel where they
//! are of one order, each in its own where the largest would press the others flat.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::page::{BASE, Page, THEME, text};
use super::size::xml;
use super::text::{grouped, human};
use crate::analysis::size::Group;

/// On white and on black these have a contrast of 3 and more.
const COLORS: [&str; 8] = [
    "#0072b2", "#d55e00", "#00915f", "#b5588f", "#8c6d1f", "#2c8fc9", "#7b62c9", "#767676",
];
/// For those who see no colours, and for print.
const DASHES: [&str; 4] = ["none", "7 3", "2 3", "9 3 2 3"];
const WIDTH: f64 = 900.0;

const STYLE: &str = "svg.chart{color:#1a1c1f;background:#fff;max-width:100%;height:auto}\
svg.chart text{fill:currentColor}svg.chart .grid{stroke:#8a8f96;stroke-opacity:.4}svg.chart .dim{opacity:.8}\
@media (prefers-color-scheme:dark){svg.chart:root{color:#e9ebee;background:#15171b}}\
.dark svg.chart{color:#e9ebee;background:#15171b}";

/// Lines over releases.
#[derive(Debug, Default)]
pub struct Chart {
    by: &'static str,
    name: String,
    labels: Vec<String>,
    totals: Vec<u64>,
    series: BTreeMap<String, Vec<u64>>,
}

/// Where a panel stands; its ends and its step are round numbers of one unit.
struct Panel {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    low: f64,
    high: f64,
    step: f64,
    unit: (f64, &'static str),
}

/// The unit that a size is told in.
fn unit(most: u64) -> (f64, &'static str) {
    const UNITS: [(u64, &str); 4] = [
        (1 << 40, "TiB"),
        (1 << 30, "GiB"),
        (1 << 20, "MiB"),
        (1 << 10, "KiB"),
    ];
    let found = UNITS.into_iter().find(|u| u.0 <= most);
    found.map_or((1.0, "B"), |u| (u.0 as f64, u.1))
}

/// The round step that divides a range into four to eight: 1, 2 or 5 times a power of ten.
fn step(range: f64) -> f64 {
    let least = range / 7.0;
    let ten = 10f64.powf(least.log10().floor());
    let all = [1.0, 2.0, 5.0, 10.0];
    ten * all.into_iter().find(|f| ten * f >= least * 0.999).unwrap_or(10.0)
}

impl Panel {
    /// A panel for values; begins at 0 unless all of them lie close together high above it.
    fn new(at: (f64, f64), size: (f64, f64), values: impl Iterator<Item = u64> + Clone) -> Panel {
        let (least, most) = (values.clone().min().unwrap_or(0), values.max().unwrap_or(0));
        let spread = (most - least).max(most / 50).max(1);
        let from = if least > most / 2 && spread < most / 4 {
            least.saturating_sub(spread / 2)
        } else {
            0
        };
        let unit = unit(most);
        let (from, most) = (from as f64 / unit.0, most.max(1) as f64 / unit.0);
        let step = step(most - from).max(1.0 / unit.0);
        let low = (from / step).floor() * step;
        let high = ((most / step - 1e-9).ceil() * step).max(low + step);
        Panel {
            x: at.0,
            y: at.1,
            width: size.0,
            height: size.1,
            low,
            high,
            step,
            unit,
        }
    }

    /// A round size of the panel.
    fn tick(&self, v: f64) -> String {
        let decimals = (-self.step.log10().floor()).clamp(0.0, 9.0) as usize;
        format!("{v:.decimals$} {}", self.unit.1)
    }

    fn y_of(&self, v: u64) -> f64 {
        let part = (v as f64 / self.unit.0 - self.low) / (self.high - self.low);
        self.y + self.height * (1.0 - part)
    }

    fn x_of(&self, i: usize, count: usize) -> f64 {
        if count < 2 {
            return self.x + self.width / 2.0;
        }
        self.x + self.width * i as f64 / (count - 1) as f64
    }

    fn grid(&self, out: &mut dyn Write) -> io::Result<()> {
        let count = ((self.high - self.low) / self.step).round() as u32;
        for i in 0..=count {
            let v = self.low + f64::from(i) * self.step;
            let y = self.y + self.height * (1.0 - f64::from(i) / f64::from(count));
            writeln!(
                out,
                "<line class=\"grid\" x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/><text \
                    x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                self.x,
                self.x + self.width,
                self.x - 6.0,
                y + 4.0,
                self.tick(v)
            )?;
        }
        Ok(())
    }

    /// Labels of releases, as many as there is room for.
    fn labels(&self, out: &mut dyn Write, labels: &[String], most: usize) -> io::Result<()> {
        let every = labels.len().div_ceil(most.max(1)).max(1);
        for (i, label) in labels.iter().enumerate() {
            let last = i + 1 == labels.len();
            let too_near = !last && labels.len() - 1 - i < every && i > 0;
            if (i % every == 0 && !too_near) || last {
                writeln!(
                    out,
                    "<text transform=\"translate({:.1} {:.1}) rotate(30)\">{}</text>",
                    self.x_of(i, labels.len()),
                    self.y + self.height + 16.0,
                    xml(&ending(label, 24))
                )?;
            }
        }
        Ok(())
    }

    fn line(
        &self,
        out: &mut dyn Write,
        chart: &Chart,
        name: &str,
        values: &[u64],
        k: usize,
    ) -> io::Result<()> {
        let color = COLORS.get(k % COLORS.len()).copied().unwrap_or("#767676");
        let dash = DASHES.get(k % DASHES.len()).copied().unwrap_or("none");
        let place = |(i, v): (usize, &u64)| format!("{:.1},{:.1}", self.x_of(i, values.len()), self.y_of(*v));
        let points: Vec<String> = values.iter().enumerate().map(place).collect();
        writeln!(
            out,
            "<polyline fill=\"none\" stroke=\"{color}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\" \
                points=\"{}\"/>",
            points.join(" ")
        )?;
        for (i, v) in values.iter().enumerate() {
            writeln!(
                out,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{color}\"><title>{} {}: {} \
                    bytes</title></circle>",
                self.x_of(i, values.len()),
                self.y_of(*v),
                xml(name),
                xml(chart.labels.get(i).map_or("", |l| l)),
                grouped(*v)
            )?;
        }
        Ok(())
    }
}

/// The end of a name, which tells most.
fn ending(name: &str, room: usize) -> String {
    let count = name.chars().count();
    if count <= room {
        return name.to_owned();
    }
    let tail: String = name.chars().skip(count - room + 1).collect();
    match tail.split_once('/') {
        Some((_, rest)) if !rest.is_empty() => format!("…/{rest}"),
        _ => format!("…{tail}"),
    }
}

fn change(values: &[u64]) -> String {
    let (Some(first), Some(last)) = (values.first(), values.last()) else {
        return String::new();
    };
    let percent = match *first {
        0 => String::new(),
        f => format!(" ({:+.1} %)", (*last as f64 - f as f64) * 100.0 / f as f64),
    };
    format!("{} → {}{percent}", human(*first), human(*last))
}

/// Values as a row of blocks, the least the lowest; of many the last `most`.
pub fn sparkline(values: &[u64], most: usize) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let values = values.get(values.len().saturating_sub(most)..).unwrap_or(values);
    let low = values.iter().min().copied().unwrap_or(0);
    let range = values.iter().max().copied().unwrap_or(0) - low;
    let block = |v: &u64| {
        let at = u128::from(v - low) * 7;
        let at = at.checked_div(u128::from(range)).unwrap_or(3);
        BLOCKS.get(at as usize).copied().unwrap_or('█')
    };
    values.iter().map(block).collect()
}

impl Chart {
    /// An empty chart of one key for the releases of `name`.
    pub fn new(by: &'static str, name: &str) -> Chart {
        Chart {
            by,
            name: name.to_owned(),
            ..Chart::default()
        }
    }

    /// Adds a release.
    pub fn add(&mut self, label: &str, total: u64, groups: Vec<Group>) {
        let n = self.labels.len();
        for g in groups {
            let line = self.series.entry(g.key).or_default();
            line.resize(n, 0);
            line.push(g.bytes);
        }
        self.labels.push(label.to_string());
        self.totals.push(total);
        for line in self.series.values_mut() {
            line.resize(n + 1, 0);
        }
    }

    /// The `top` largest lines, largest first.
    fn lines(&self, top: usize) -> Vec<(&str, &[u64])> {
        let all = self.series.iter().map(|(k, v)| (k.as_str(), v.as_slice()));
        let mut lines: Vec<_> = all.collect();
        let most = |v: &[u64]| v.iter().max().copied();
        lines.sort_by(|a, b| most(b.1).cmp(&most(a.1)).then_with(|| a.0.cmp(b.0)));
        lines.truncate(top);
        lines
    }

    /// A drawing of the file's size and the `top` largest lines.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_svg(&self, out: &mut dyn Write, top: usize) -> io::Result<()> {
        let lines = self.lines(top);
        let most = |v: &[u64]| v.iter().max().copied().unwrap_or(0);
        let largest = lines.first().map_or(0, |l| most(l.1));
        let squashed = lines.iter().filter(|l| most(l.1) < largest / 10).count();
        let apart = squashed * 2 >= lines.len().max(1);
        let below = match apart {
            true => 170.0 * lines.len().div_ceil(2) as f64 + 30.0,
            false => 400.0,
        };
        let height = 350.0 + if lines.is_empty() { 0.0 } else { below };
        writeln!(
            out,
            "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{WIDTH}\" \
                height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
             font-family=\"system-ui, sans-serif\" font-size=\"12\"><title>Size of {} over {} releases: \
             {}</title>\n<style>{STYLE}</style>\n\
             <text x=\"10\" y=\"24\" font-size=\"16\" font-weight=\"600\">{}: {} releases, {}</text>",
            xml(&self.name),
            self.labels.len(),
            change(&self.totals),
            xml(&ending(&self.name, 50)),
            self.labels.len(),
            change(&self.totals),
        )?;
        let total = Panel::new((90.0, 50.0), (760.0, 210.0), self.totals.iter().copied());
        total.grid(out)?;
        total.line(out, self, "total", &self.totals, 0)?;
        total.labels(out, &self.labels, 14)?;
        if total.low > 0.0 {
            writeln!(
                out,
                "<text class=\"dim\" x=\"90\" y=\"42\">the axis begins at {}</text>",
                total.tick(total.low)
            )?;
        }
        let title = match apart {
            true => format!("By {}, each on its own scale", self.by),
            false => format!("By {}", self.by),
        };
        if !lines.is_empty() {
            writeln!(
                out,
                "<text x=\"10\" y=\"345\" font-size=\"14\" font-weight=\"600\">{title}</text>"
            )?;
        }
        if apart {
            self.small(out, &lines)?
        } else {
            self.together(out, &lines)?
        }
        writeln!(out, "</svg>")
    }

    fn together(&self, out: &mut dyn Write, lines: &[(&str, &[u64])]) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let all = lines.iter().flat_map(|l| l.1.iter().copied());
        let mut panel = Panel::new((90.0, 360.0), (540.0, 310.0), all.clone());
        if panel.low > 0.0 {
            panel = Panel::new((90.0, 360.0), (540.0, 310.0), all.chain([0]));
        }
        panel.grid(out)?;
        panel.labels(out, &self.labels, 10)?;
        for (k, (key, values)) in lines.iter().enumerate() {
            panel.line(out, self, key, values, k)?;
            let (color, dash) = (COLORS[k % COLORS.len()], DASHES[k % DASHES.len()]);
            let y = 370.0 + 36.0 * k as f64;
            writeln!(
                out,
                "<line x1=\"650\" x2=\"680\" y1=\"{y}\" y2=\"{y}\" stroke=\"{color}\" stroke-width=\"3\" \
                    stroke-dasharray=\"{dash}\"/>\
                 <text x=\"688\" y=\"{}\">{}</text><text class=\"dim\" x=\"688\" y=\"{}\">{}</text>",
                y + 4.0,
                xml(&ending(key, 32)),
                y + 19.0,
                change(values)
            )?;
        }
        Ok(())
    }

    fn small(&self, out: &mut dyn Write, lines: &[(&str, &[u64])]) -> io::Result<()> {
        for (k, (key, values)) in lines.iter().enumerate() {
            let at = (90.0 + 440.0 * (k % 2) as f64, 390.0 + 170.0 * (k / 2) as f64);
            let panel = Panel::new(at, (330.0, 90.0), values.iter().copied());
            panel.grid(out)?;
            panel.line(out, self, key, values, k)?;
            let from = match panel.low > 0.0 {
                true => format!(", from {}", panel.tick(panel.low)),
                false => String::new(),
            };
            writeln!(
                out,
                "<text x=\"{:.1}\" y=\"{:.1}\" font-weight=\"600\">{}</text><text class=\"dim\" x=\"{:.1}\" \
                    y=\"{:.1}\">{}{from}</text>",
                at.0,
                at.1 - 22.0,
                xml(&ending(key, 46)),
                at.0,
                at.1 - 7.0,
                change(values)
            )?;
        }
        Ok(())
    }

    /// A page with the chart and all its figures.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_html(&self, out: &mut dyn Write, top: usize) -> io::Result<()> {
        let mut body = Vec::new();
        writeln!(
            body,
            "<main><h1>Sizes of {} over releases</h1>\n<p class=\"noprint\"><button id=\"theme\" \
                type=\"button\"></button></p>",
            text(&self.name)
        )?;
        // On a telephone it is moved sideways rather than shrunk until nothing can be read.
        writeln!(
            body,
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Chart\">"
        )?;
        self.write_svg(&mut body, top)?;
        writeln!(
            body,
            "</div>\n<h2>Figures</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" \
                aria-label=\"Figures\"><table><thead><tr><th scope=\"col\">release</th>\
             <th scope=\"col\" class=\"num\">total</th><th scope=\"col\" class=\"num\">change</th>"
        )?;
        let lines = self.lines(top);
        for (key, _) in &lines {
            writeln!(
                body,
                "<th scope=\"col\" class=\"num\">{}</th>",
                text(&ending(key, 32))
            )?;
        }
        writeln!(body, "</tr></thead><tbody>")?;
        let mut before = None;
        for (i, (label, total)) in self.labels.iter().zip(&self.totals).enumerate() {
            let delta = before.map(|b: u64| i128::from(*total) - i128::from(b));
            let sign = delta.map_or(0, i128::signum);
            writeln!(
                body,
                "<tr><th scope=\"row\">{}</th><td class=\"num\">{}</td><td class=\"num{}\">{}</td>",
                text(label),
                grouped(*total),
                ["", " up", " down"][if sign > 0 { 1 } else { (-sign * 2) as usize }],
                delta.map_or(String::new(), super::diff::signed)
            )?;
            for (_, values) in &lines {
                let v = values.get(i).copied().unwrap_or(0);
                writeln!(body, "<td class=\"num\">{}</td>", grouped(v))?;
            }
            writeln!(body, "</tr>")?;
            before = Some(*total);
        }
        writeln!(body, "</tbody></table></div></main>")?;
        let title = format!("Sizes of {}", self.name);
        let page = Page {
            title: &title,
            styles: &[
                BASE,
                STYLE,
                "main{padding:14px;max-width:960px;margin:auto}.scroll{overflow-x:auto}\
                 .scroll svg{min-width:760px}@media print{.scroll svg{min-width:0}}",
            ],
            body: &String::from_utf8_lossy(&body),
            scripts: &[THEME],
            ..Page::default()
        };
        page.write(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        let ticks = |values: &[u64]| {
            let p = Panel::new((0.0, 0.0), (1.0, 1.0), values.iter().copied());
            [p.low, p.step, p.high].map(|v| p.tick(v))
        };
        assert_eq!(ticks(&[0, 10_497_024]), ["0 MiB", "2 MiB", "12 MiB"]);
        assert_eq!(ticks(&[10 << 20, 10_800_000]), ["9.8 MiB", "0.1 MiB", "10.3 MiB"]);
        assert_eq!(ticks(&[0]), ["0 B", "1 B", "1 B"]);
        assert_eq!(ticks(&[1_861_135, 2_397_995]), ["1.4 MiB", "0.2 MiB", "2.4 MiB"]);
    }

    #[test]
    fn small_panels_stand_in_for_lines_that_would_be_flat() {
        let mut c = Chart::new("module", "server");
        let group = |key: &str, bytes| Group {
            key: key.into(),
            bytes,
            inferred: 0,
        };
        for (label, extra) in [("v1", 0), ("v2", 500)] {
            c.add(
                label,
                9_001_100 + extra,
                vec![
                    group("std", 9_000_000),
                    group("a/b", 1000 + extra),
                    group("c", 100),
                ],
            );
        }
        let mut out = Vec::new();
        c.write_svg(&mut out, 8).unwrap();
        let svg = String::from_utf8(out).unwrap();
        assert!(
            svg.contains("each on its own scale") && svg.contains("1000 B → 1.5 KiB (+50.0 %)"),
            "{svg}"
        );
    }

    #[test]
    fn a_sparkline_goes_from_the_least_to_the_most() {
        assert_eq!(sparkline(&[10, 20, 80], 10), "▁▂█");
        assert_eq!(sparkline(&[5, 5], 10), "▄▄");
        assert_eq!(sparkline(&[1, 2, 3], 2), "▁█");
        assert_eq!(sparkline(&[], 2), "");
    }
}
