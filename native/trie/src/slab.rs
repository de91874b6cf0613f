//! Values at numbered places, which are used again. Knows nothing of what it holds.

/// Values to a block: whoever grows moves none of them, and asks for little more than is needed.
const BLOCK: usize = 4096;

/// The number of a place.
pub(crate) type Place = u32;

/// Numbered places.
#[derive(Debug)]
pub(crate) struct Slab<T> {
    blocks: Vec<Vec<T>>,
    free: Vec<Place>,
    len: usize,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { blocks: Vec::new(), free: Vec::new(), len: 0 }
    }
}

impl<T: Copy> Slab<T> {
    /// A copy of what was put at a place.
    #[expect(
        clippy::indexing_slicing,
        reason = "places come from `put` alone, and none is removed"
    )]
    pub(crate) fn at(&self, place: Place) -> T {
        let place = place as usize;
        self.blocks[place / BLOCK][place % BLOCK]
    }

    /// Put a value at a free place.
    #[expect(clippy::indexing_slicing, reason = "as above")]
    #[expect(clippy::expect_used, reason = "2^32 nodes are more than any memory holds")]
    pub(crate) fn put(&mut self, value: T) -> Place {
        if let Some(place) = self.free.pop() {
            let at = place as usize;
            self.blocks[at / BLOCK][at % BLOCK] = value;
            return place;
        }
        match self.blocks.last_mut() {
            Some(block) if block.len() < BLOCK => block.push(value),
            _ => {
                let mut block = Vec::with_capacity(BLOCK);
                block.push(value);
                self.blocks.push(block);
            }
        }
        let place = Place::try_from(self.len).expect("fewer than 2^32 values");
        self.len += 1;
        place
    }

    /// Let a place be used again.
    pub(crate) fn free(&mut self, place: Place) {
        self.free.push(place);
    }

    /// How many places are in use.
    #[cfg(test)]
    pub(crate) fn used(&self) -> usize {
        self.len - self.free.len()
    }
}
