package record

import (
	"io"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/har"
)

// WriteHAR writes exchanges as a HAR file, in the order in which they started.
// version is corsac's version. The error is that of w.
func WriteHAR(w io.Writer, version string, exchanges []Exchange) error {
	exchanges = slices.Clone(exchanges)
	slices.SortStableFunc(exchanges, func(a, b Exchange) int { return a.Start.Compare(b.Start) })
	return har.Write(w, version, func(yield func(*har.Record) bool) {
		for i := range exchanges {
			if !yield(exchanges[i].record()) {
				return
			}
		}
	})
}

// record returns x as a record of a HAR file.
func (x *Exchange) record() *har.Record {
	r := &har.Record{
		Recorded: x.Recorded, Protocol: x.Protocol, Start: x.Start,
		Wait: x.Wait, Receive: max(x.Duration-x.Wait, 0),
		RequestBytes: x.RequestBytes, ResponseBytes: x.ResponseBytes,
		Comment: x.comment(), Content: x.Content,
	}
	if !x.Done || x.Hijacked {
		r.ResponseBytes = -1
	}
	return r
}

// comment says what HAR has no member for.
func (x *Exchange) comment() string {
	words := []string{"seen by " + x.Server}
	for _, c := range []struct {
		is   bool
		word string
	}{
		{!x.Done, "not finished"},
		{x.Panicked, "the handler panicked"},
		{x.Gone, "the client disconnected"},
		{x.Hijacked, "the connection was hijacked, so the response was not seen"},
		{x.Cut, "truncated"},
	} {
		if c.is {
			words = append(words, c.word)
		}
	}
	return strings.Join(words, "; ")
}
