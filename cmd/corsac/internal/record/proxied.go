package record

import (
	"cmp"
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/mask"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/rewrite"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// Proxied is what a proxy did with a request. Secrets in it are masked.
type Proxied struct {
	// Route is the path of the route, such as /api; Mode is how the proxy handles
	// CORS there, and Policy the name of the policy that it applies.
	Route, Mode, Policy string
	// Sent is the URL that the upstream got; "" if the proxy answered by itself. Meant
	// is the URL that it would have got then; "" if there is no upstream.
	Sent, Meant string
	// Fault is what the proxy did wrong on purpose, such as "delay 300ms".
	Fault string
	// Failure is why the proxy answered in place of the upstream, and Fix what to do
	// about it; "" if it did not, or did so on purpose.
	Failure, Fix string
	// Changes are the lines that the proxy changed, at most 64.
	Changes []rewrite.Change
}

// URL returns the URL that the upstream got, or would have got; "" if there is no
// upstream.
func (p *Proxied) URL() string { return cmp.Or(p.Sent, p.Meant) }

const (
	maxChanges      = 64
	changeBytes     = 64 // size of a rewrite.Change
	maxChangesBytes = MaxMessageBytes + maxChanges*changeBytes
	maxProxiedBytes = maxChangesBytes + 6*maxNameBytes + 2*3*(maxNameBytes+MaxLineBytes)
)

func (p *Proxied) size() int {
	n := len(p.Route) + len(p.Mode) + len(p.Policy) + len(p.Sent) + len(p.Meant) + len(p.Fault) + len(p.Failure) + len(p.Fix)
	return n + p.changesSize()
}

func (p *Proxied) changesSize() (n int) {
	for _, c := range p.Changes {
		n += changeBytes + len(c.Header) + len(c.Before) + len(c.After) + len(c.Why)
	}
	return n
}

// Note adds what a proxy did to the exchange that is recorded with w, which is the
// ResponseWriter that [Handler] passes on, or one that unwraps to it. Fields that are
// empty stay as they are, and changes are added to those before. It does nothing if
// no exchange is recorded. Call it from the goroutine of the handler.
func Note(w http.ResponseWriter, p Proxied) {
	for {
		switch t := w.(type) {
		case *recorder:
			t.note(&p)
			return
		case interface{ Unwrap() http.ResponseWriter }:
			w = t.Unwrap()
		default:
			return
		}
	}
}

func (r *recorder) note(p *Proxied) {
	x := &r.exchange
	x.note(p, r.base)
	if r.final {
		proxied, isCut := x.Proxied, x.Cut
		r.ring.update(x.ID, func(x *Exchange) { x.Proxied, x.Cut = proxied, isCut })
	}
}

// note adds to what is known. base is the URL of the exchange, or nil.
func (x *Exchange) note(p *Proxied, base *weburl.URL) {
	known := &x.Proxied
	for _, field := range []struct {
		to  *string
		set string
	}{{&known.Route, p.Route}, {&known.Mode, p.Mode}, {&known.Policy, p.Policy}, {&known.Fault, p.Fault}, {&known.Failure, p.Failure}, {&known.Fix, p.Fix}} {
		if field.set != "" {
			*field.to = x.cut(field.set, maxNameBytes)
		}
	}
	for _, url := range []struct {
		to  *string
		set string
	}{{&known.Sent, p.Sent}, {&known.Meant, p.Meant}} {
		if url.set != "" {
			*url.to = mask.URL(x.cut(url.set, 3*(maxNameBytes+MaxLineBytes)), nil)
		}
	}
	if len(p.Changes) == 0 {
		return
	}
	changes, room := known.Changes[:len(known.Changes):len(known.Changes)], maxChangesBytes-known.changesSize()
	for _, c := range p.Changes {
		c.Before, c.After = x.changed(c.Header, c.Before, base), x.changed(c.Header, c.After, base)
		room -= (&Proxied{Changes: []rewrite.Change{c}}).changesSize()
		if room < 0 || len(changes) == maxChanges {
			x.Cut = true
			break
		}
		changes = append(changes, c)
	}
	known.Changes = changes
}

// changed returns one side of a change, masked.
func (x *Exchange) changed(name, value string, base *weburl.URL) string {
	return mask.Header(name, oneLine(x.cut(value, MaxLineBytes)), base)
}
