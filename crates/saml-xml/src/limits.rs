/// What a document may cost at most. Every limit is finite; the defaults fit any login response with a wide
/// margin.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of input. A real response has 5 to 10 KiB; 256 KiB leave room for thousands of group names.
    /// More than [`MAX_INPUT_BYTES`](Self::MAX_INPUT_BYTES) is taken as that.
    pub input_bytes: usize,
    /// Elements that are open at the same time, the root being the first. SAML itself nests about ten deep.
    pub depth: usize,
    /// Elements and text nodes in the whole document: memory is about 100 bytes for each.
    pub nodes: usize,
    /// Attributes on one element, namespace declarations not counted. They are compared with each other
    /// pairwise.
    pub attributes: usize,
    /// Namespace declarations on one element.
    pub namespaces: usize,
    /// Namespace declarations in scope at one place. Each prefix is looked up by a scan, so this bounds the
    /// scan.
    pub namespaces_in_scope: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            input_bytes: 256 * 1024,
            depth: 64,
            nodes: 20_000,
            attributes: 64,
            namespaces: 64,
            namespaces_in_scope: 256,
        }
    }
}

impl Limits {
    /// The largest input of all: the tree's offsets are 32 bits wide.
    pub const MAX_INPUT_BYTES: usize = i32::MAX as usize;

    /// The same limits with another size of input, in bytes; more than
    /// [`MAX_INPUT_BYTES`](Self::MAX_INPUT_BYTES) is taken as that.
    #[must_use]
    pub fn with_input_bytes(mut self, bytes: usize) -> Self {
        self.input_bytes = bytes.min(Self::MAX_INPUT_BYTES);
        self
    }
}
