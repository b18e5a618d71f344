//! The bytes of the package index: a container of separately compressed sections, and the codings inside them. The
//! generator (`examples/package-index`) writes with the functions that the reader's tests read back, so that the two
//! cannot drift apart. Reading never panics: damaged bytes give `None`.

/// First bytes of every index file; the digit is the version of the layout.
pub const MAGIC: &[u8; 8] = b"DCKIDX1\n";

/// Names of sections, four bytes each.
pub mod tag {
    /// Suite title, date and inputs, as lines of text.
    pub const META: [u8; 4] = *b"META";
    /// Names of the packages that the suite knows in full, sorted; a package's number is its place here.
    pub const NAMES: [u8; 4] = *b"NAME";
    /// The base system's packages, and those of unknown contents.
    pub const SETS: [u8; 4] = *b"SETS";
    /// Dependency groups, and for each package the groups that it depends on and recommends; virtual packages.
    pub const GRAPH: [u8; 4] = *b"GRPH";
    /// Command names and the packages that have each.
    pub const COMMANDS: [u8; 4] = *b"CMDS";
    /// Header paths below `/usr/include` and the packages that have each.
    pub const HEADERS: [u8; 4] = *b"HDRS";
    /// pkg-config module names and the packages that have each.
    pub const PKG_CONFIG: [u8; 4] = *b"PKGC";
    /// What each row of Alpine's table depends on.
    pub const DEPENDS: [u8; 4] = *b"DEPS";
    /// What each row of Alpine's table provides.
    pub const PROVIDES: [u8; 4] = *b"PROV";
    /// First names of the blocks of a name set.
    #[cfg(any(test, feature = "internals"))]
    pub const BLOCKS: [u8; 4] = *b"BLKS";
}

/// Longest raw section that is ever decoded, so that a damaged length cannot ask for all memory.
const MAX_RAW: usize = 16 << 20;

/// NameTable in one block of a [name set](NameBlock): small enough that a lookup decodes little, large enough to compress.
#[cfg(any(test, feature = "internals"))]
pub const BLOCK: usize = 2048;

/// True if a name is that of a kernel's package with its version in it (`linux-image-5.15.0-91-generic`). There are tens of
/// thousands, they come and go every fortnight, and so they are not listed: such a name is never called absent.
pub fn kernel(name: &str) -> bool {
    let versioned = |part: &str| {
        part.split('.').count() >= 3 && part.split('.').all(|n| n.bytes().all(|b| b.is_ascii_digit()) && !n.is_empty())
    };
    name.starts_with("linux-") && name.split('-').any(versioned)
}

/// Appends `value` in groups of seven bits, low group first, high bit set on all but the last.
#[cfg(any(test, feature = "internals"))]
pub fn put_varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(any(test, feature = "internals"))]
fn put_len(out: &mut Vec<u8>, len: usize) {
    put_varint(out, u32::try_from(len).unwrap_or(u32::MAX));
}

/// Reads what the `put_` functions wrote.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    pub fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    #[inline]
    pub fn varint(&mut self) -> Option<u32> {
        // Nearly all take one byte or two.
        match *self.rest {
            [one @ ..0x80, ref rest @ ..] => {
                self.rest = rest;
                Some(one.into())
            }
            [low, high @ ..0x80, ref rest @ ..] => {
                self.rest = rest;
                Some(u32::from(low & 0x7f) | u32::from(high) << 7)
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Option<u32> {
        let mut value = 0u32;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            value |= u32::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// A count of things of which each takes at least one byte: more than is left is damage.
    pub fn count(&mut self) -> Option<usize> {
        let n = self.varint()? as usize;
        (n <= self.rest.len()).then_some(n)
    }

    pub fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(head)
    }
}

/// A sorted list of texts in one allocation; a name's number is its place.
#[derive(Clone, Debug, Default)]
pub struct NameTable {
    text: String,
    ends: Vec<u32>,
}

impl NameTable {
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    pub fn get(&self, i: usize) -> Option<&str> {
        let end = *self.ends.get(i)? as usize;
        let start = if i == 0 { 0 } else { *self.ends.get(i - 1)? as usize };
        self.text.get(start..end)
    }

    /// The number of `name`, by binary search.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.search(name).ok()
    }

    /// Like [`slice::binary_search`]: `Err` holds the place where `name` would be.
    pub fn search(&self, name: &str) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let mid = low + (high - low) / 2;
            match self.get(mid).unwrap_or_default().cmp(name) {
                std::cmp::Ordering::Equal => return Ok(mid),
                std::cmp::Ordering::Less => low = mid + 1,
                std::cmp::Ordering::Greater => high = mid,
            }
        }
        Err(low)
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.count()).filter_map(|i| self.get(i))
    }
}

/// Appends sorted names front-coded: the length shared with the name before, the length of the rest, all rests in one
/// run (three streams, because each compresses better alone).
#[cfg(any(test, feature = "internals"))]
pub fn put_names<S: AsRef<str>>(out: &mut Vec<u8>, names: &[S]) {
    put_len(out, names.len());
    let (mut shared, mut lengths, mut rests) = (Vec::new(), Vec::new(), Vec::new());
    let mut previous = "";
    for name in names {
        let name = name.as_ref();
        let common = previous.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count().min(255);
        shared.push(common as u8);
        put_len(&mut lengths, name.len() - common);
        rests.extend_from_slice(&name.as_bytes()[common..]);
        previous = name;
    }
    out.extend_from_slice(&shared);
    out.extend_from_slice(&lengths);
    put_len(out, rests.len());
    out.extend_from_slice(&rests);
}

/// Reads [`put_names`].
pub fn names(reader: &mut Reader<'_>) -> Option<NameTable> {
    let count = reader.count()?;
    let shared = reader.bytes(count)?;
    let mut lengths = Vec::with_capacity(count);
    for _ in 0..count {
        lengths.push(reader.varint()? as usize);
    }
    let total = reader.varint()? as usize;
    let mut rests = reader.bytes(total)?;
    let mut text: Vec<u8> = Vec::with_capacity(total * 2);
    let mut ends = Vec::with_capacity(count);
    let mut start = 0;
    for (&common, &length) in shared.iter().zip(&lengths) {
        let common = usize::from(common);
        if common > text.len() - start || text.len() > MAX_RAW {
            return None;
        }
        let next = text.len();
        text.extend_from_within(start..start + common);
        let (rest, after) = rests.split_at_checked(length)?;
        text.extend_from_slice(rest);
        rests = after;
        start = next;
        ends.push(u32::try_from(text.len()).ok()?);
    }
    let names = NameTable { text: String::from_utf8(text).ok()?, ends };
    // A shared prefix that ends inside a character would make a slice fail later.
    names.ends.iter().all(|&end| names.text.is_char_boundary(end as usize)).then_some(names)
}

/// IndexLists of numbers, one list per row, in two allocations.
#[derive(Clone, Debug, Default)]
pub struct IndexLists {
    items: Vec<u32>,
    ends: Vec<u32>,
}

impl IndexLists {
    pub fn row(&self, i: usize) -> &[u32] {
        let Some(&end) = self.ends.get(i) else { return &[] };
        let start = if i == 0 { 0 } else { self.ends.get(i - 1).copied().unwrap_or(end) };
        self.items.get(start as usize..end as usize).unwrap_or_default()
    }

    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// One more than the greatest number in any row.
    pub fn columns(&self) -> usize {
        self.items.iter().max().map_or(0, |&greatest| greatest as usize + 1)
    }

    fn push_row(&mut self, row: impl IntoIterator<Item = u32>) {
        self.items.extend(row);
        self.ends.push(self.items.len() as u32);
    }

    /// Rows and items exchanged: which rows hold each of the numbers below `columns`.
    pub fn transposed(&self, columns: usize) -> IndexLists {
        let mut ends = vec![0u32; columns];
        for &item in &self.items {
            if let Some(n) = ends.get_mut(item as usize) {
                *n += 1;
            }
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum;
        }
        let mut items = vec![0u32; sum as usize];
        // Filled from the back, so that each row comes out in order.
        let mut next = ends.clone();
        for row in (0..self.count()).rev() {
            for &item in self.row(row).iter().rev() {
                if let Some(place) = next.get_mut(item as usize) {
                    *place -= 1;
                    if let Some(slot) = items.get_mut(*place as usize) {
                        *slot = row as u32;
                    }
                }
            }
        }
        IndexLists { items, ends }
    }
}

impl FromIterator<Vec<u32>> for IndexLists {
    fn from_iter<T: IntoIterator<Item = Vec<u32>>>(rows: T) -> Self {
        let mut lists = IndexLists::default();
        for row in rows {
            lists.push_row(row);
        }
        lists
    }
}

/// Appends lists of numbers: all lengths, then all numbers. Order is kept, because in dependencies it has meaning.
#[cfg(any(test, feature = "internals"))]
pub fn put_lists(out: &mut Vec<u8>, rows: &[Vec<u32>]) {
    put_len(out, rows.len());
    rows.iter().for_each(|row| put_len(out, row.len()));
    rows.iter().flatten().for_each(|&item| put_varint(out, item));
}

/// Reads [`put_lists`].
pub fn lists(reader: &mut Reader<'_>) -> Option<IndexLists> {
    let count = reader.count()?;
    let mut ends = Vec::with_capacity(count);
    let mut sum = 0u32;
    for _ in 0..count {
        sum = sum.checked_add(reader.varint()?)?;
        ends.push(sum);
    }
    if sum as usize > reader.rest.len() {
        return None;
    }
    let mut items = Vec::with_capacity(sum as usize);
    for _ in 0..sum {
        items.push(reader.varint()?);
    }
    Some(IndexLists { items, ends })
}

/// Which names exist: one block of the set shared by all suites. Bit `i` of `real` says that suite `i` has a package of
/// that name, bit `i` of `provided` that a package of suite `i` provides it.
#[derive(Clone, Debug, Default)]
pub struct NameBlock {
    pub names: NameTable,
    pub real: Vec<u32>,
    pub provided: Vec<u32>,
}

#[cfg(any(test, feature = "internals"))]
pub fn put_name_block(out: &mut Vec<u8>, rows: &[(String, u32, u32)]) {
    let names: Vec<&str> = rows.iter().map(|(name, ..)| name.as_str()).collect();
    put_names(out, &names);
    rows.iter().for_each(|(_, real, _)| put_varint(out, *real));
    rows.iter().for_each(|(_, _, provided)| put_varint(out, *provided));
}

pub fn name_block(raw: &[u8]) -> Option<NameBlock> {
    let mut reader = Reader::new(raw);
    let names = names(&mut reader)?;
    let mut column = || (0..names.count()).map(|_| reader.varint()).collect::<Option<Vec<u32>>>();
    let (real, provided) = (column()?, column()?);
    Some(NameBlock { names, real, provided })
}

/// Packs sections into a file. `compress` belongs to the generator, so that the product carries a decoder only.
#[cfg(any(test, feature = "internals"))]
pub fn pack(sections: &[([u8; 4], Vec<u8>)], compress: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut head = MAGIC.to_vec();
    put_len(&mut head, sections.len());
    let mut body = Vec::new();
    for (tag, raw) in sections {
        let packed = compress(raw);
        head.extend_from_slice(tag);
        put_len(&mut head, raw.len());
        put_len(&mut head, packed.len());
        body.extend_from_slice(&packed);
    }
    head.extend_from_slice(&body);
    head
}

/// A section as it is in the file.
#[derive(Clone, Copy, Debug)]
pub struct Section<'a> {
    pub tag: [u8; 4],
    pub raw_len: usize,
    pub packed: &'a [u8],
}

impl Section<'_> {
    /// The raw bytes.
    pub fn unpack(&self) -> Option<Vec<u8>> {
        if self.raw_len > MAX_RAW {
            return None;
        }
        let mut raw = vec![0; self.raw_len];
        let input = std::iter::once(self.packed);
        let len = miniz_oxide::inflate::decompress_slice_iter_to_slice(&mut raw, input, false, true).ok()?;
        (len == self.raw_len).then_some(raw)
    }
}

/// The table of sections of a file; nothing is decompressed.
pub fn sections(file: &[u8]) -> Option<Vec<Section<'_>>> {
    let mut reader = Reader::new(file.strip_prefix(MAGIC.as_slice())?);
    let count = reader.count()?;
    let mut table = Vec::with_capacity(count);
    for _ in 0..count {
        let tag: [u8; 4] = reader.bytes(4)?.try_into().ok()?;
        table.push((tag, reader.varint()? as usize, reader.varint()? as usize));
    }
    table.into_iter().map(|(tag, raw_len, len)| Some(Section { tag, raw_len, packed: reader.bytes(len)? })).collect()
}
