//! The numbers that rows of a heap get in the leaf when they are copied: from a row's place follows its number, and from the number its place.

/// Numbers of the rows that stood in a heap at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// Before the first one.
    pub first: i64,
    /// A block has no more rows than this (source, htup_details.h, `MaxHeapTuplesPerPage`).
    pub per_block: i64,
    /// The heap's blocks at that moment.
    pub blocks: i64,
}

impl Numbers {
    /// The number of the row at a place in the heap.
    pub(super) fn at(&self, place: &str) -> String {
        let part = |n: u8| format!("(({place})::text::point)[{n}]::bigint");
        format!("({} + {} * {} + {})", self.first, part(0), self.per_block, part(1))
    }

    /// The place of the row with a number; NULL where no place has it.
    pub(super) fn place(&self, number: &str) -> String {
        format!(
            "CASE WHEN {number} > {first} AND {number} <= {last} THEN \
             format('(%s,%s)', ({number} - {first} - 1) / {per}, ({number} - {first} - 1) % {per} + 1)::tid END",
            first = self.first,
            last = self.last(),
            per = self.per_block
        )
    }

    /// Before the first number of a block.
    pub(super) fn before(&self, block: i64) -> i64 {
        self.first + block * self.per_block
    }

    /// The last one that any row gets by its place.
    pub(super) fn last(&self) -> i64 {
        self.before(self.blocks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_ascend_in_the_order_of_the_heap_and_none_is_given_twice() {
        let numbers = Numbers { first: 1000, per_block: 291, blocks: 3 };
        assert!(numbers.before(1) + 1 > numbers.before(0) + 291);
        assert_eq!(numbers.last(), 1000 + 3 * 291);
        assert!(numbers.at("r.ctid").contains("r.ctid"));
        assert!(numbers.place("n").contains("1873"));
    }
}
