//! Any bytes as a policy file, and as a file under every rule: no panic, and a broken policy names places that are in it.
#![no_main]

use gospect::analysis::policy::file::Policy;
use gospect::analysis::policy::judge::judge;
use gospect::analysis::policy::select::{Flags, demands};
use gospect::analysis::policy::values::Date;

gospect_fuzz::target!(|data| {
    if let Ok(text) = std::str::from_utf8(data)
        && let Err(problems) = Policy::parse(text)
    {
        let lines = text.split('\n').count();
        assert!(!problems.is_empty() && problems.iter().all(|p| (1..=lines).contains(&p.line) && p.column > 0));
    }
    let audit = demands(None, &Flags::default(), &[]);
    let file = data.to_vec().into();
    let _ = judge(&file, &audit, None, &[], Date::new(2026, 11, 21));
    let _ = gospect::analysis::plugin::Plugin::read(&file);
});
