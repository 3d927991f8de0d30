package report

import (
	"encoding/json"
	"fmt"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/har"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Item is one verdict of many, or the reason why there is none.
type Item struct {
	Line  int             `json:"line,omitempty"`  // line of a batch
	Entry int             `json:"entry,omitempty"` // entry of a HAR file
	ID    json.RawMessage `json:"id,omitempty"`
	// Failure says why there is no verdict, which would have URL and Method.
	Failure string `json:"failure,omitempty"`
	URL     string `json:"url,omitempty"`
	Method  string `json:"method,omitempty"`
	diagnose.Verdict
}

// Entries writes the results of a HAR file: as JSON Lines, or for people one line
// per request, with the whole verdict if it is blocked.
type Entries struct {
	*Text

	// JSON chooses JSON Lines.
	JSON bool

	printed, gap bool
}

// Print writes the result for an entry.
func (e *Entries) Print(x *har.Conversation, it *Item) error {
	it.Verdict = *it.Verdict.Masked()
	if e.JSON {
		return NewLines(e.Out).Encode(it)
	}
	number := e.Faint(fmt.Sprintf("%4d ", it.Entry))
	gap := e.gap || !e.printed
	e.printed, e.gap = true, false
	switch {
	case it.Verdict.Verdict == nil:
		e.Paragraph(number+e.Notice("? unknown: "), verdict.Printable(fmt.Sprintf("%s %s from %s: %s", it.Method, it.URL, x.Page.Origin, it.Failure)))
	case it.Failed() != nil || e.Explain:
		if !gap {
			e.Line("")
		}
		e.Line(e.Strong(fmt.Sprintf("Entry %d", it.Entry)))
		e.Verdict(&it.Verdict)
		e.Line("")
		e.gap = true
	default:
		e.HeadlineOfAll(number, it.Verdict.Verdict)
	}
	return e.Err()
}
