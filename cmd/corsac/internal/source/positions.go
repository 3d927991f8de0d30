package source

import (
	"slices"
	"sync"
	"unicode/utf8"
)

// positions are the lines and characters of a text, so that to find the place of
// an offset takes a time that does not depend on the length of the text or line.
type positions struct {
	once  sync.Once
	lines []int // the offset of each line
	marks []int // how many characters are before each multiple of markEvery

	indented sync.Once
	unit     string // what the text indents by
}

// markEvery is a compromise of time and memory.
const markEvery = 512

// read returns the positions of the file. Only the first call takes time.
func (f *File) read() *positions {
	p := &f.positions
	p.once.Do(func() {
		p.lines = []int{0}
		n := 0
		for i := range len(f.Text) {
			if i%markEvery == 0 {
				p.marks = append(p.marks, n)
			}
			if utf8.RuneStart(f.Text[i]) {
				n++
			}
			if f.Text[i] == '\n' {
				p.lines = append(p.lines, i+1)
			}
		}
		p.marks = append(p.marks, n)
	})
	return p
}

// line returns the index of the line of an offset.
func (p *positions) line(offset int) int {
	i, found := slices.BinarySearch(p.lines, offset)
	if !found {
		i--
	}
	return i
}

// characters returns how many characters begin before an offset.
func (p *positions) characters(text string, offset int) int {
	mark := offset / markEvery
	n := p.marks[mark]
	for i := mark * markEvery; i < offset; i++ {
		if utf8.RuneStart(text[i]) {
			n++
		}
	}
	return n
}
