package origin

import (
	"hash/maphash"
	"math/bits"
	"strings"
)

// table is an immutable set of short strings: an open-addressing hash table of
// offsets into one block of text, without pointers for the garbage collector to
// follow. The hash is seeded at random, so that nobody can choose strings that
// collide. The zero table is empty.
type table struct {
	n       int
	one     string // the only string, if n is 1
	seed    maphash.Seed
	slots   []slot // at most three quarters full
	text    string // each string behind its length in two bytes
	lengths [(maxKeyLen + 64) / 64]uint64
}

// slot refers to a string. An offset of 0 marks an empty slot, so the text
// begins with a byte that belongs to no string.
type slot struct{ offset, tag uint32 }

const maxKeyLen = MaxLen

// newTable returns the set of keys, each of which has 1 to maxKeyLen bytes. It
// panics if their text exceeds 4 GiB.
func newTable(keys []string) table {
	if len(keys) == 0 {
		return table{}
	}
	size := 1
	for _, k := range keys {
		size += 2 + len(k)
	}
	if uint64(size) > 1<<32 {
		panic("origin: the text of a set exceeds 4 GiB")
	}
	t := table{
		seed:  maphash.MakeSeed(),
		slots: make([]slot, len(keys)+len(keys)/3+1),
	}
	var text strings.Builder
	text.Grow(size)
	text.WriteByte(0)
	for _, k := range keys {
		t.add(&text, k)
	}
	if t.n == 1 {
		t.one = t.text[1+2:]
	}
	return t
}

// add appends key to text, of which t.text is the current content.
func (t *table) add(text *strings.Builder, key string) {
	i, tag := t.find(key)
	if t.slots[i].offset != 0 {
		return
	}
	t.slots[i] = slot{uint32(text.Len()), tag}
	text.WriteByte(byte(len(key)))
	text.WriteByte(byte(len(key) >> 8))
	text.WriteString(key)
	t.text = text.String()
	t.lengths[len(key)/64] |= 1 << (len(key) % 64)
	t.n++
}

// has reports whether key is in the table.
func (t *table) has(key string) bool {
	switch {
	case t.n <= 1:
		return t.n == 1 && key == t.one
	case len(key) > maxKeyLen || t.lengths[len(key)/64]>>(len(key)%64)&1 == 0:
		return false
	}
	i, _ := t.find(key)
	return t.slots[i].offset != 0
}

// find returns the index of the slot of key, or of the empty slot where it
// belongs, and the tag of key.
func (t *table) find(key string) (index int, tag uint32) {
	hash := maphash.String(t.seed, key)
	tag = uint32(hash)
	home, _ := bits.Mul64(hash, uint64(len(t.slots))) // the high bits choose
	for i := int(home); ; {
		s := t.slots[i]
		if s.offset == 0 || s.tag == tag && t.at(s.offset) == key {
			return i, tag
		}
		if i++; i == len(t.slots) {
			i = 0
		}
	}
}

// at returns the string at offset.
func (t *table) at(offset uint32) string {
	n := uint32(t.text[offset]) | uint32(t.text[offset+1])<<8
	return t.text[offset+2 : offset+2+n]
}
