//! A generator's decisions as a list of small numbers: drawn at random the first time, and replayed, shortened and lowered, to
//! shrink the result. Zero is always the plainest choice, and a list that has ended yields zeros.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The source of decisions.
#[derive(Debug)]
pub(crate) struct Choices {
    random: Option<ChaCha8Rng>,
    given: std::vec::IntoIter<u32>,
    /// Every decision so far.
    pub(crate) taken: Vec<u32>,
}

impl Choices {
    /// Decisions of the statement `number` of a seed: the same on every machine, and independent of the statements before.
    pub(crate) fn seeded(seed: u64, number: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(number);
        Choices { random: Some(random), given: Vec::new().into_iter(), taken: Vec::new() }
    }

    /// Decisions as given; zero from their end on.
    pub(crate) fn given(list: Vec<u32>) -> Self {
        Choices { random: None, given: list.into_iter(), taken: Vec::new() }
    }

    /// One of `0..n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        let n = u32::try_from(n.max(1)).unwrap_or(u32::MAX);
        let choice = match &mut self.random {
            Some(random) => random.random_range(0..n),
            None => self.given.next().unwrap_or(0).min(n - 1),
        };
        self.taken.push(choice);
        choice as usize
    }

    /// True so many times of a hundred. No is the plainer answer.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100 - percent
    }

    /// One of a list that is not empty; the first is the plainest.
    pub(crate) fn of<'l, T>(&mut self, list: &'l [T]) -> &'l T {
        &list[self.below(list.len())]
    }
}

/// Lists to try in place of one that fails, the boldest first: pieces left out, then numbers lowered.
pub(crate) fn simpler(list: &[u32]) -> Vec<Vec<u32>> {
    let mut out = Vec::new();
    let mut size = list.len() / 2;
    while size > 0 {
        for start in (0..list.len().saturating_sub(size - 1)).step_by(size) {
            out.push([&list[..start], &list[start + size..]].concat());
        }
        size /= 2;
    }
    for (i, choice) in list.iter().enumerate().filter(|(_, c)| **c > 0) {
        for lower in [0, choice / 2, choice - 1] {
            if lower < *choice {
                let mut lowered = list.to_vec();
                lowered[i] = lower;
                out.push(lowered);
            }
        }
    }
    out
}

/// The smaller of two lists that both fail: fewer decisions, then lower ones.
pub(crate) fn is_smaller(list: &[u32], than: &[u32]) -> bool {
    (list.len(), list) < (than.len(), than)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_says_the_same_again_and_plays_back() {
        let draw = |mut c: Choices| ((0..50).map(|n| c.below(n + 1)).collect::<Vec<_>>(), c.taken);
        let (first, taken) = draw(Choices::seeded(7, 3));
        assert_eq!(first, draw(Choices::seeded(7, 3)).0);
        assert_ne!(first, draw(Choices::seeded(7, 4)).0);
        assert_eq!(first, draw(Choices::given(taken)).0);
        assert_eq!(Choices::given(vec![9]).below(4), 3);
        assert!(!Choices::given(Vec::new()).chance(99));
    }

    #[test]
    fn a_failing_list_gets_smaller_until_nothing_can_go() {
        let fails = |l: &[u32]| l.contains(&5) && l.iter().any(|c| *c >= 2 && *c != 5);
        let mut list = vec![0, 9, 3, 5, 1, 7, 7, 0, 4];
        while let Some(better) = simpler(&list).into_iter().find(|l| is_smaller(l, &list) && fails(l)) {
            list = better;
        }
        assert_eq!(list.len(), 2);
        assert!(list.contains(&5) && list.contains(&2));
    }
}
