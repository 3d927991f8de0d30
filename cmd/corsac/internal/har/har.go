// Package har reads what the network panel of a browser saves: HAR files
// (http://www.softwareishard.com/blog/har-12-spec/), with the members that Chromium adds to them.
//
//   - [Read] reads a file, one entry at a time: the bodies of answers are passed over.
//   - [Log.Exchanges] puts together what was one request of script: preflights and redirects are
//     entries of their own.
//   - It decides nothing, and nothing is sent.
package har

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/corsac-dev/corsac/fetch"
)

// The bounds of a file.
const (
	MaxInput   = 1 << 30 // bytes
	MaxEntries = 100_000
)

// Log is what a file holds.
type Log struct {
	// Entries are in the order of the file.
	Entries []*Entry

	pages map[string]string // the titles of pages by their ids
}

// Entry is one request and its answer.
type Entry struct {
	// Number counts from 1, as people do.
	Number int
	fetch.Recorded

	// ResourceType is what Chromium says that asked, such as "xhr"; Initiator how.
	ResourceType, Initiator string
	// Failure is what the browser says of a request that failed.
	Failure string
	pageRef string
}

// The members of a file that are of interest.
type (
	entry struct {
		PageRef      string `json:"pageref"`
		ResourceType string `json:"_resourceType"`
		Initiator    struct {
			Type string `json:"type"`
		} `json:"_initiator"`
		Request struct {
			Method  string  `json:"method"`
			URL     string  `json:"url"`
			Headers headers `json:"headers"`
		} `json:"request"`
		Response struct {
			Status  number  `json:"status"`
			Headers headers `json:"headers"`
			Error   text    `json:"_error"`
		} `json:"response"`
	}
	page struct {
		ID    string `json:"id"`
		Title text   `json:"title"`
	}
	headers []fetch.Header
	number  int
	text    string
)

// UnmarshalJSON reads a list of {name, value}. Browsers write the bytes of values as code points,
// or decode them as UTF-8.
func (h *headers) UnmarshalJSON(b []byte) error {
	var list []struct {
		Name  text `json:"name"`
		Value text `json:"value"`
	}
	if err := json.Unmarshal(b, &list); err != nil {
		return err
	}
	for _, m := range list {
		*h = append(*h, fetch.Header{Name: bytesOf(string(m.Name)), Value: bytesOf(string(m.Value))})
	}
	return nil
}

func bytesOf(s string) string {
	if encoded, ok := fetch.IsomorphicEncode(s); ok {
		return encoded
	}
	return s
}

// UnmarshalJSON reads a number, and takes anything else for 0.
func (n *number) UnmarshalJSON(b []byte) error {
	var f float64
	if json.Unmarshal(b, &f) == nil && f > 0 && f < 1000 {
		*n = number(f)
	}
	return nil
}

// UnmarshalJSON reads a string, and takes anything else for "".
func (t *text) UnmarshalJSON(b []byte) error {
	_ = json.Unmarshal(b, (*string)(t))
	return nil
}

// errNotHAR is about JSON that is something else.
var errNotHAR = errors.New(`it has no "log" with "entries", as HAR files have`)

// Read reads a file. The error says what is wrong with it, and where.
func Read(r io.Reader) (*Log, error) {
	limited := &io.LimitedReader{R: r, N: MaxInput}
	in := bufio.NewReader(limited)
	if mark, _ := in.Peek(3); string(mark) == "\ufeff" {
		_, _ = in.Discard(3) // was read already
	}
	d := json.NewDecoder(in)
	l := &Log{pages: map[string]string{}}
	found := false
	err := object(d, func(name string) error {
		if name != "log" {
			return skip(d)
		}
		return object(d, func(name string) error {
			switch name {
			case "entries":
				found = true
				return array(d, func() error { return l.readEntry(d) })
			case "pages":
				return array(d, func() error { return l.readPage(d) })
			}
			return skip(d)
		})
	})
	switch {
	case limited.N <= 0:
		return nil, fmt.Errorf("the file has more than %d bytes", MaxInput)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errors.New("the file ends in the middle")
	case err != nil:
		return nil, fmt.Errorf("at byte %d: %w", d.InputOffset(), err)
	case !found:
		return nil, errNotHAR
	}
	return l, nil
}

func (l *Log) readEntry(d *json.Decoder) error {
	if len(l.Entries) == MaxEntries {
		return fmt.Errorf("there are more than %d entries", MaxEntries)
	}
	var e entry
	if err := d.Decode(&e); err != nil {
		return fmt.Errorf("entry %d: %w", len(l.Entries)+1, err)
	}
	l.Entries = append(l.Entries, &Entry{
		Number: len(l.Entries) + 1,
		Recorded: fetch.Recorded{
			Method: e.Request.Method, URL: e.Request.URL, RequestHeaders: e.Request.Headers,
			Status: int(e.Response.Status), ResponseHeaders: e.Response.Headers,
		},
		ResourceType: e.ResourceType, Initiator: e.Initiator.Type, Failure: string(e.Response.Error), pageRef: e.PageRef,
	})
	return nil
}

func (l *Log) readPage(d *json.Decoder) error {
	var p page
	if err := d.Decode(&p); err != nil {
		return fmt.Errorf("a page: %w", err)
	}
	if len(l.pages) < MaxEntries {
		l.pages[p.ID] = string(p.Title)
	}
	return nil
}

// object reads an object; member reads the value of each member.
func object(d *json.Decoder, member func(name string) error) error {
	if err := delimiter(d, '{'); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		if err := member(fmt.Sprint(name)); err != nil {
			return err
		}
	}
	return delimiter(d, '}')
}

// array reads an array; element reads each element.
func array(d *json.Decoder, element func() error) error {
	if err := delimiter(d, '['); err != nil {
		return err
	}
	for d.More() {
		if err := element(); err != nil {
			return err
		}
	}
	return delimiter(d, ']')
}

func delimiter(d *json.Decoder, want json.Delim) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	if t != want {
		return fmt.Errorf("%w: %v instead of %v", errNotHAR, t, want)
	}
	return nil
}

// skip passes over a value.
func skip(d *json.Decoder) error {
	var value json.RawMessage
	return d.Decode(&value)
}
