package report

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Item is one verdict of many, or the reason why there is none.
type Item struct {
	File  string          `json:"-"`               // file of a batch; "-" is standard input
	Line  int             `json:"line,omitempty"`  // line of a batch
	Entry int             `json:"entry,omitempty"` // entry of a HAR file
	ID    json.RawMessage `json:"id,omitempty"`
	// Failure says why there is no verdict, which would have URL, Method and Origin.
	Failure string `json:"failure,omitempty"`
	URL     string `json:"url,omitempty"`
	Method  string `json:"method,omitempty"`
	Origin  string `json:"-"` // of the page, if it is known
	diagnose.Verdict
}

// Entries writes the results of a HAR file or a batch: as JSON Lines, or for people
// one line per request, with the whole verdict if it is blocked.
type Entries struct {
	*Text

	// JSON chooses JSON Lines.
	JSON bool

	printed, gap bool
}

// Print writes a masked result.
func (e *Entries) Print(it *Item) error {
	if e.JSON {
		return NewLines(e.Out).Encode(it)
	}
	number := e.Faint(fmt.Sprintf("%4d ", max(it.Entry, it.Line)))
	gap := e.gap || !e.printed
	e.printed, e.gap = true, false
	switch {
	case it.Verdict.Verdict == nil:
		e.Paragraph(number+e.Notice("? unknown: "), verdict.Printable(it.request()+": "+it.Failure))
	case it.isFull() || e.Explain:
		if !gap {
			e.Line("")
		}
		e.Line(e.Strong(it.where()))
		e.Verdict(&it.Verdict)
		e.Line("")
		e.gap = true
	default:
		e.HeadlineOfAll(number, it.Verdict.Verdict)
	}
	return e.Err()
}

// isFull reports whether all of a verdict is to be read: it is one that script gets no
// response by, unless that is expected, or one that is not as expected.
func (it *Item) isFull() bool {
	if it.AsExpected != nil {
		return !*it.AsExpected
	}
	return it.Failed() != nil
}

// where says which of many results this is, such as "Entry 3", or "Line 3, save" with
// the id of the line; "" for one alone.
func (it *Item) where() string {
	switch {
	case it.Entry > 0:
		return fmt.Sprintf("Entry %d", it.Entry)
	case it.Line == 0:
		return ""
	case len(it.ID) == 0:
		return fmt.Sprintf("Line %d", it.Line)
	}
	id := string(it.ID)
	var text string
	if json.Unmarshal(it.ID, &text) == nil {
		id = text
	}
	return fmt.Sprintf("Line %d, %s", it.Line, verdict.Printable(id))
}

// place returns the line of the file that asked for the result; nil if there is none.
func (it *Item) place() *finding.Place {
	if it.Line == 0 || it.File == "" || it.File == "-" {
		return nil
	}
	return &finding.Place{File: it.File, Line: it.Line}
}

// request is the request of a result without a verdict, as far as it is known.
func (it *Item) request() string {
	s := strings.TrimSpace(it.Method + " " + it.URL)
	if it.Origin != "" {
		s += " from " + it.Origin
	}
	return s
}
