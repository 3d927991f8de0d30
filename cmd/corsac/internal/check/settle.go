package check

import (
	"errors"
	"fmt"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/fetch"
)

// settle changes an outcome to what a page would see, where the engine cannot
// know it: a dry run that passed the preflight is allowed so far, and a port to
// which browsers do not connect is a network failure. It returns notes.
func settle(o *fetch.Outcome) []string {
	e := o.Error
	switch {
	case e == nil:
		return nil
	case e.Code == fetch.CodeUnsafePort:
		o.Result = fetch.Failed
	case errors.Is(e.Err, probe.ErrDryRun) && !o.Preflight.Sent && !o.Preflight.Cached:
		return []string{"dry run: this request needs no preflight and was not sent, so nothing is known about its response"}
	case errors.Is(e.Err, probe.ErrDryRun):
		o.Result, o.Error = fetch.Allowed, nil
		return []string{"dry run: the preflight allows the request, which was not sent; its response needs CORS headers too"}
	}
	return nil
}

// unfinished returns a note if the end of the body that script would read was
// not waited for. An event stream is not meant to end.
func unfinished(o *fetch.Outcome, records []probe.Record) []string {
	n := len(records)
	if n == 0 || !records[n-1].Unfinished || o.Result != fetch.Allowed || o.Request.Destination == fetch.DestinationEventSource {
		return nil
	}
	return []string{"the body of the response had not ended when corsac stopped waiting, so it is not known whether script gets all of it"}
}

// droppedHeaders returns notes on headers that script cannot set.
func (s *Session) droppedHeaders(o *fetch.Outcome) (notes []string) {
	if o.Error != nil && o.Error.Code == fetch.CodeTypeError {
		return nil
	}
	for _, h := range s.Case.Request.Headers {
		if !o.Request.Headers.Has(h.Name) {
			notes = append(notes, fmt.Sprintf("script cannot set the header %q; the browser drops it", h.Name))
		}
	}
	return notes
}
