package har

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/bytestr"
)

// errNotHAR is the error for JSON that is not a HAR file.
var errNotHAR = errors.New(`it has no "log" with "entries", as HAR files have`)

// Read reads a file, which may be compressed with gzip. The error says what is
// wrong with it, and where. An error of r is returned unchanged.
func Read(r io.Reader) (*Log, error) { return read(r, MaxInput) }

// read reads a file of at most that many bytes.
func read(r io.Reader, most int64) (*Log, error) {
	in := &source{r: r, most: most}
	text, err := in.open()
	if err != nil {
		return nil, err
	}
	short := &shortener{Reader: text}
	p := parser{Decoder: json.NewDecoder(whole{short}), log: &Log{pages: map[string]string{}}}
	p.UseNumber()
	err = p.file()
	syntax := (*json.SyntaxError)(nil)
	switch {
	case in.err != nil:
		return nil, in.err
	case in.isTooMuch():
		return nil, fmt.Errorf("the file has more than %d bytes", most)
	case errors.Is(err, errEmpty), errors.Is(err, errLongLiteral):
		return nil, err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errors.New("the file is incomplete")
	case errors.As(err, &syntax):
		return nil, fmt.Errorf("at byte %d: %w", short.offset(syntax.Offset), err)
	case err != nil:
		return nil, err
	case !p.found:
		return nil, errNotHAR
	}
	return p.log, nil
}

// source distinguishes the error of a reader from what is wrong with a file.
type source struct {
	r      io.Reader
	most   int64
	err    error
	limits []*io.LimitedReader
}

// Read implements io.Reader.
func (s *source) Read(b []byte) (int, error) {
	n, err := s.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// whole fills the buffer on each read. json.Decoder scans all blanks again
// after each read, so many small reads would take very long.
type whole struct{ io.Reader }

// Read implements io.Reader.
func (w whole) Read(b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var m int
		m, err = w.Reader.Read(b[n:])
		n += m
	}
	return n, err
}

var errEmpty = errors.New("the file is empty")

// limited bounds how much is read from r.
func (s *source) limited(r io.Reader) *bufio.Reader {
	limit := &io.LimitedReader{R: r, N: s.most + 1}
	s.limits = append(s.limits, limit)
	return bufio.NewReader(limit)
}

func (s *source) isTooMuch() bool {
	return slices.ContainsFunc(s.limits, func(l *io.LimitedReader) bool { return l.N <= 0 })
}

// open returns the text of a file, decompressed and without the byte order mark
// that some editors add.
func (s *source) open() (io.Reader, error) {
	b := s.limited(s)
	head, err := b.Peek(4)
	switch {
	case s.err != nil:
		return nil, s.err
	case err != nil && len(head) == 0:
		return nil, errEmpty
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return nil, errors.New("it is compressed (zip); unpack it")
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")), len(head) > 1 && (head[0] == 0 || head[1] == 0):
		return nil, errors.New("it is UTF-16; save it as UTF-8")
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		unpacked, err := gzip.NewReader(b)
		if err != nil {
			return nil, err
		}
		b = s.limited(unpacked)
		head, _ = b.Peek(3)
	}
	if bytes.HasPrefix(head, []byte("\ufeff")) {
		_, _ = b.Discard(3) // it has been peeked
	}
	return b, nil
}

// parser reads a file token by token.
type parser struct {
	*json.Decoder
	log     *Log
	began   bool // the file has content
	found   bool // the file has entries
	entry   int  // number of the current entry; 0 outside entries
	lines   fetch.Headers
	headers int  // number of headers so far
	kept    int  // bytes of text so far
	tokens  int  // number of tokens so far
	null    bool // the last object or list was null
}

// file reads the whole file.
func (p *parser) file() error {
	return p.object("the file", func(name string) error {
		if name != "log" {
			return p.skip()
		}
		return p.object(`"log"`, func(name string) error {
			switch name {
			case "entries":
				p.found = true
				return p.list(`"entries"`, p.readEntry)
			case "pages":
				return p.pages()
			case "creator", "browser":
				return p.writer()
			}
			return p.skip()
		})
	})
}

// readEntry reads an entry.
func (p *parser) readEntry() error {
	l := p.log
	if len(l.Entries) == MaxEntries {
		return fmt.Errorf("there are more than %d entries", MaxEntries)
	}
	p.entry = len(l.Entries) + 1
	e := &Entry{Number: p.entry, bodySize: -1, contentSize: -1}
	err := p.object("", func(name string) error {
		switch name {
		case "pageref":
			return p.text(&e.pageRef)
		case "_resourceType":
			return p.text(&e.ResourceType)
		case "request":
			return p.object("request", func(name string) error { return p.request(e, name) })
		case "response":
			return p.object("response", func(name string) error { return p.response(e, name) })
		}
		return p.skip()
	})
	if err != nil {
		return err
	}
	p.entry = 0
	e.Headers = withoutTwins(e.Headers)
	e.preflight = e.IsPreflight() || e.ResourceType == "preflight"
	l.Entries = append(l.Entries, e)
	return nil
}

// withoutTwins drops headers of a request that are there before with the same value:
// browsers send none twice, but some programs write what script set and what was sent
// into one list.
func withoutTwins(list fetch.Headers) (once fetch.Headers) {
	seen := map[fetch.Header]bool{}
	for _, h := range list {
		key := fetch.Header{Name: strings.ToLower(h.Name), Value: h.Value}
		if !seen[key] {
			once = append(once, h)
		}
		seen[key] = true
	}
	return once
}

// request reads a member of a request.
func (p *parser) request(e *Entry, name string) (err error) {
	switch name {
	case "method":
		return p.string("request.method", &e.Method)
	case "url":
		return p.string("request.url", &e.URL)
	case "headers":
		e.Headers, err = p.headerList("request.headers")
		return err
	}
	return p.skip()
}

// response reads a member of a response.
func (p *parser) response(e *Entry, name string) (err error) {
	switch name {
	case "status":
		t, err := p.scalar()
		if n, wrong := strconv.ParseFloat(t.string, 64); t.first == '0' && wrong == nil && n > 0 && n < 1000 {
			e.Status = int(n)
		}
		return err
	case "headers":
		e.ResponseHeaders, err = p.headerList("response.headers")
		return err
	case "bodySize":
		e.bodySize, err = p.size()
		return err
	case "content":
		return p.loose(func(name string) (err error) {
			if name != "size" {
				return p.skip()
			}
			e.contentSize, err = p.size()
			return err
		})
	case "_error", "_failureText": // of Chromium and mitmproxy, and of Playwright
		return p.failure(e, func(s string) string { return s })
	case "_charlesStatus":
		return p.failure(e, func(s string) string {
			if strings.EqualFold(s, "complete") {
				return ""
			}
			return s
		})
	}
	return p.skip()
}

// failure reads a member that says why a request failed, unless another has said so. It
// may be null.
func (p *parser) failure(e *Entry, of func(string) string) error {
	var s string
	err := p.text(&s)
	if s = of(s); e.Failure == "" {
		e.Failure = s
	}
	return err
}

// size reads a number of bytes; -1 if it is not one.
func (p *parser) size() (int, error) {
	t, err := p.scalar()
	if n, wrong := strconv.ParseFloat(t.string, 64); t.first == '0' && wrong == nil && n >= 0 && n < 1<<53 {
		return int(n), err
	}
	return -1, err
}

// headerList reads a list of {name, value}. Browsers write the bytes of values
// as code points, or decode them as UTF-8.
func (p *parser) headerList(what string) (fetch.Headers, error) {
	p.lines = p.lines[:0]
	n, size := 0, 0
	err := p.list(what, func() error {
		h, err := p.headerLine(fmt.Sprintf("%s[%d]", what, n))
		if err != nil {
			return err
		}
		n++
		p.headers++
		size += len(h.Name) + len(h.Value)
		asked := 0
		if strings.EqualFold(h.Name, "Access-Control-Request-Headers") {
			asked = strings.Count(h.Value, ",") + 1
		}
		switch {
		case max(n, asked) > MaxHeaders:
			return p.errorf("%s has more than %d headers", what, MaxHeaders)
		case size > MaxHeaderBytes:
			return p.errorf("%s has more than %d bytes", what, MaxHeaderBytes)
		case p.headers > MaxAllHeaders:
			return p.errorf("the file has more than %d headers", MaxAllHeaders)
		case h.Name != "":
			p.lines = append(p.lines, h)
		}
		return p.keep(len(h.Name) + len(h.Value))
	})
	return slices.Clone(p.lines), err
}

// headerLine reads {name, value}.
func (p *parser) headerLine(what string) (h fetch.Header, err error) {
	err = p.object(what, func(name string) error {
		t, err := text{}, error(nil)
		switch name {
		case "name":
			t, err = p.scalar()
			h.Name = bytesOf(t.string)
		case "value":
			t, err = p.scalar()
			h.Value = bytesOf(t.string)
		default:
			err = p.skip()
		}
		return err
	})
	if err == nil && p.null {
		err = p.wrong(what, kindOf('n'))
	}
	return h, err
}

func bytesOf(s string) string {
	if encoded, ok := bytestr.Encode(s); ok {
		return encoded
	}
	return s
}

// pages reads the titles of pages, and skips what it cannot read.
func (p *parser) pages() error {
	return p.members(func(string) error { return p.skip() }, func() error {
		var id, title string
		err := p.loose(func(name string) error {
			switch name {
			case "id":
				return p.text(&id)
			case "title":
				return p.text(&title)
			}
			return p.skip()
		})
		if len(p.log.pages) < MaxEntries {
			p.log.pages[id] = title
		}
		return err
	}, nil)
}

// writer reads the name of a program.
func (p *parser) writer() error {
	var program string
	err := p.loose(func(name string) error {
		if name == "name" {
			return p.text(&program)
		}
		return p.skip()
	})
	if len(p.log.writers) < 2 {
		p.log.writers = append(p.log.writers, program)
	}
	return err
}
