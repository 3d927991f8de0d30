package verdict

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// LineKind says what a [Line] of a conversation shows.
type LineKind string

// The kinds of lines, in the order in which a request has them.
const (
	LineRequest LineKind = "request" // method and URL; Note says why it was sent
	LineSent    LineKind = "sent"    // a header of the request
	LineStatus  LineKind = "status"  // the status of the answer; Note says how it came
	LineHeader  LineKind = "header"  // a header of the answer that decides nothing here
	LinePassed  LineKind = "passed"  // a header that passed its check
	LineFailed  LineKind = "failed"  // a header that failed it
	LineAllowed LineKind = "allowed" // what the browser does next: it goes on
	LineRefused LineKind = "refused" // it stops, and why
	LineRetried LineKind = "retried" // it asks once more, or follows a redirect
	LineRemark  LineKind = "remark"  // what follows from the line before
)

// marks stand before the lines of each kind.
var marks = map[LineKind]string{
	LineSent: ">", LineStatus: "<", LineHeader: "<", LinePassed: "✓", LineFailed: "✗",
	LineAllowed: "✓", LineRefused: "✗", LineRetried: "→", LineRemark: " ",
}

// Line is a line of a [Verdict.Conversation].
type Line struct {
	// Kind says what the line shows.
	Kind LineKind
	// Request is the index in Wire of the request that the line belongs to.
	Request int
	// Text and Note contain no control characters. Note is a remark beside the
	// text, empty for none.
	Text, Note string
}

// Mark is the character that stands before the text: ">" for what was sent, "<"
// for what came back, and ✓, ✗ or → for the browser's decisions. A request has
// its number, counted from 1.
func (l *Line) Mark() string {
	if l.Kind == LineRequest {
		return fmt.Sprint(l.Request + 1)
	}
	return marks[l.Kind]
}

// Conversation returns what was sent, what came back, and what the browser
// decided about it, line by line: only the headers that matter for CORS, and
// those that script set.
func (v *Verdict) Conversation() []Line {
	c := conversation{v: v}
	for c.i = range v.Wire {
		c.exchange(&v.Wire[c.i])
	}
	return c.lines
}

// conversation writes the lines of one verdict.
type conversation struct {
	v     *Verdict
	i     int // the request at hand
	lines []Line
}

func (c *conversation) add(kind LineKind, text, note string) {
	c.lines = append(c.lines, Line{kind, c.i, Printable(text), Printable(note)})
}

func (c *conversation) exchange(w *Wire) {
	c.add(LineRequest, w.Method+" "+w.URL, c.purpose(w))
	for _, h := range w.Headers {
		if c.matters(w, h.Name) {
			c.add(LineSent, h.Name+": "+h.Value, "")
		}
	}
	if w.Status != 0 {
		c.add(LineStatus, w.StatusText(), connection(w))
		for _, h := range w.ResponseHeaders {
			if isShown(h.Name) {
				c.add(c.v.judge(c.i, h.Name), h.Name+": "+h.Value, "")
			}
		}
	}
	c.decision(w)
}

// purpose says why a request was sent, if that is not plain.
func (c *conversation) purpose(w *Wire) string {
	p := &c.v.Preflight
	switch {
	case c.i == 0 && p.Cached:
		return "without a preflight: the browser remembers the response to an earlier one"
	case w.Kind != fetch.KindPreflight:
		return ""
	case w.Hop == 0 && len(p.Reasons) > 0:
		return "preflight, for " + strings.Join(p.Reasons, ", ")
	}
	return "preflight"
}

// matters reports whether a request header is about CORS, or script set it.
func (c *conversation) matters(w *Wire, name string) bool {
	name = strings.ToLower(name)
	return name == "origin" || name == "cookie" || strings.HasPrefix(name, "access-control-request-") ||
		w.Kind == fetch.KindActual && c.v.Request.Headers.Has(name)
}

// connection says how an answer came, if that is known.
func connection(w *Wire) string {
	if w.Remote == "" {
		return ""
	}
	parts := []string{w.Protocol, w.Remote}
	if w.TLS != "" {
		parts = append(parts, w.TLS)
	}
	return fmt.Sprintf("%s, %.0f ms", strings.Join(parts, ", "), w.Milliseconds)
}

// shownHeaders are the response headers that matter here; those that end in a
// hyphen stand for all that begin so.
var shownHeaders = []string{
	"access-control-", "vary", "location", "allow", "cross-origin-resource-policy", "timing-allow-origin", "content-type", "www-authenticate",
}

func isShown(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc(shownHeaders, func(s string) bool {
		return name == s || strings.HasSuffix(s, "-") && strings.HasPrefix(name, s)
	})
}

// StatusText is the status of the response and what it is called, such as
// "204 No Content".
func (w *Wire) StatusText() string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", w.Status, http.StatusText(w.Status)))
}

// decision adds what the browser does after an exchange.
func (c *conversation) decision(w *Wire) {
	v, last := c.v, c.i == len(c.v.Wire)-1
	switch {
	case last && v.Error != nil && v.Error.Body && v.Response != nil:
		c.add(LineAllowed, "script gets a response of type "+string(v.Response.Type), "")
		c.add(LineRefused, "but not its whole body: "+v.Why(), "")
	case last && v.Error != nil:
		c.add(LineRefused, v.Why(), "")
		if w.Kind == fetch.KindPreflight {
			c.add(LineRemark, "So "+v.Request.Method+" itself is not sent.", "")
		}
	case last && v.Response != nil:
		c.add(LineAllowed, "script gets a response of type "+string(v.Response.Type), "")
	case v.retried(c.i):
		c.add(LineRetried, "asked once more: 421 says that the connection is not for this server", "")
	case w.Kind == fetch.KindPreflight:
		c.add(LineAllowed, "the preflight allows the request", "")
	case !last && v.Wire[c.i+1].Hop > w.Hop:
		c.add(LineRetried, "redirected", "")
	}
}
