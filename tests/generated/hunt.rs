//! The hunt: runs generated statements through the twin, one after the other; one that differs is shrunk before it is reported.

use std::ops::Range;

use crate::choice::{Choices, is_smaller, simpler};
use crate::generate::statement;
use crate::world::World;
use esclusa::error::Result;
use esclusa::rewrite::Policy;
use esclusa::twin::{Pair, Report};

/// How much work goes into one difference.
const SHRINK_RUNS: usize = 400;

/// Which statements.
#[derive(Debug, Clone)]
pub(crate) struct Hunt {
    /// The seed: the same statements again.
    pub(crate) seed: u64,
    /// Numbers of the statements. Each is made independently, so one alone can be run again.
    pub(crate) numbers: Range<u64>,
    /// So many differences end the hunt.
    pub(crate) differences: usize,
}

impl Hunt {
    /// Runs the statements. Each difference is reported for the smallest statement that still differs, with the number of the original one.
    pub(crate) async fn run(
        &self,
        pair: &mut Pair,
        world: &World,
        policy: &Policy,
        tell: &mut dyn FnMut(&Report, u64),
    ) -> Result<Report> {
        let mut all = Report::default();
        for number in self.numbers.clone() {
            let (case, taken) = statement(world, number, Choices::seeded(self.seed, number));
            let name = format!("SEED={} FIRST={number}", self.seed);
            let mut report = pair.run(&name, std::slice::from_ref(&case), policy).await?;
            if !report.differences.is_empty() {
                report.differences = vec![self.shrunk(pair, world, policy, number, taken, &report).await?];
            }
            all.add(report);
            tell(&all, number);
            if all.differences.len() >= self.differences {
                break;
            }
        }
        Ok(all)
    }

    async fn shrunk(
        &self,
        pair: &mut Pair,
        world: &World,
        policy: &Policy,
        number: u64,
        mut list: Vec<u32>,
        first: &Report,
    ) -> Result<String> {
        let name = format!("SEED={} FIRST={number}, shrunk", self.seed);
        let mut told = first.differences.first().cloned().unwrap_or_default();
        let mut runs = 0;
        let mut better = true;
        while better {
            better = false;
            for candidate in simpler(&list) {
                // What a list leads to may take fewer decisions than it has, or more.
                let (case, taken) = statement(world, number, Choices::given(candidate));
                if !is_smaller(&taken, &list) {
                    continue;
                }
                runs += 1;
                let report = pair.run(&name, std::slice::from_ref(&case), policy).await?;
                if let Some(difference) = report.differences.into_iter().next() {
                    (told, list, better) = (difference, taken, true);
                    break;
                }
                if runs >= SHRINK_RUNS {
                    return Ok(told);
                }
            }
        }
        Ok(told)
    }
}
