package diagnose

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/protocol"
	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// question is a request that a fact needs.
type question struct {
	why         string
	method, url string
	origin      string // "" for none
	// asks are the method and the headers that a preflight asks for; a preflight
	// always has a method.
	asks    string
	headers []string
	// plain leaves out what script sets, even where it may go.
	plain bool
	// extra are further headers, none of them the user's.
	extra fetch.Headers
	// address is connected to instead of the URL's host.
	address netip.Addr
	// insecure accepts any certificate.
	insecure bool
	// again distinguishes equal requests that are sent repeatedly.
	again int
}

// reply is what came back. It is not nil, unless there is none.
type reply struct {
	*check.Answer
	question *question
}

// status reports whether there is an answer with one of the statuses.
func (r *reply) status(list ...int) bool { return r != nil && slices.Contains(list, r.Status) }

// success reports whether there is an answer that is a success.
func (r *reply) success() bool { return r != nil && r.Status >= 200 && r.Status < 300 }

// failure reports whether there is an answer that is an error.
func (r *reply) failure() bool { return r != nil && r.Status >= 400 }

func (r *reply) get(name string) string {
	if r == nil {
		return ""
	}
	return r.Headers.Get(name)
}

func (r *reply) has(name string) bool { return r != nil && r.Headers.Has(name) }

// bare reports whether there is an answer without CORS headers.
func (r *reply) bare() bool { return r != nil && r.Status != 0 && !r.has(protocol.AllowOrigin) }

// allows reports whether a page may read the answer to it.
func (r *reply) allows(page string, credentialed bool) bool {
	if r == nil || r.Status == 0 {
		return false
	}
	values := r.Headers.Values(protocol.AllowOrigin)
	switch {
	case len(values) != 1:
		return false
	case credentialed:
		return values[0] == page && r.get(protocol.AllowCredentials) == "true"
	}
	return values[0] == page || values[0] == "*"
}

// grants reports whether a preflight passes.
func (r *reply) grants(credentialed bool) bool {
	if !r.success() || !r.allows(r.question.origin, credentialed) {
		return false
	}
	method := r.question.asks
	if !protocol.IsSafelisted(method) &&
		!slices.Contains(protocol.Entries(r.get(protocol.AllowMethods)), method) && (credentialed || !protocol.Lists(r.get(protocol.AllowMethods), "*")) {
		return false
	}
	for _, name := range r.question.headers {
		if !protocol.Lists(r.get(protocol.AllowHeaders), name) && (credentialed || !protocol.Lists(r.get(protocol.AllowHeaders), "*")) {
			return false
		}
	}
	return true
}

// isHTML reports whether the answer is a web page.
func (r *reply) isHTML() bool { return protocol.IsHTML(r.get("Content-Type")) }

// shownLines are the headers that the line of an answer has, and for an answer to
// a preflight those that only it has.
var (
	shownLines     = []string{protocol.AllowOrigin, protocol.AllowCredentials, "Vary", "Location", "Age", "ETag"}
	preflightLines = []string{protocol.AllowMethods, protocol.AllowHeaders}
)

// shows is the answer in one line.
func (r *reply) shows() string {
	if r.Status == 0 {
		return printable("no response: " + fmt.Sprint(r.Err))
	}
	words := []string{strings.TrimSpace(fmt.Sprintf("%d %s", r.Status, http.StatusText(r.Status)))}
	names := shownLines
	if r.question.asks != "" {
		names = slices.Concat(shownLines, preflightLines)
	}
	for _, name := range names {
		if r.has(name) {
			words = append(words, name+": "+r.get(name))
		}
	}
	if !r.has(protocol.AllowOrigin) {
		words = append(words, "no "+protocol.AllowOrigin)
	}
	return printable(strings.Join(words, "; "))
}

// line is the request and the answer in one line, as evidence.
func (r *reply) line() string {
	return printable(r.question.method + " " + r.question.url + ", " + r.question.why + ": " + r.shows())
}

// maxText bounds a line of evidence, in bytes.
const maxText = 400

func printable(s string) string {
	if s = verdict.Printable(s[:min(len(s), 4*maxText)]); len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "") + "…"
	}
	return s
}

// mayCarry reports whether what belongs to the user may go where q goes: to the
// origin that the user named, and nowhere else.
func (s *scene) mayCarry(q *question) bool {
	to, err := origin.ParseURL(q.url)
	return err == nil && !q.address.IsValid() && !q.insecure && to.SameOrigin(s.named)
}

// request returns what is sent for q.
func (s *scene) request(q *question) *check.Ask {
	a := &check.Ask{Method: q.method, URL: q.url, Address: q.address, AnyCertificate: q.insecure}
	add := func(name, value string) { a.Headers = append(a.Headers, fetch.Header{Name: name, Value: value}) }
	own := q.asks == "" && !q.plain && s.mayCarry(q)
	harmless := isHarmless(q.method)
	if own {
		for _, h := range s.v.Request.Headers {
			if !harmless || !strings.EqualFold(h.Name, "Content-Type") {
				a.Headers = append(a.Headers, h)
			}
		}
		a.WithBody = !harmless
	}
	if q.asks != "" {
		add(protocol.RequestMethod, q.asks)
		if len(q.headers) > 0 {
			add(protocol.RequestHeaders, strings.Join(q.headers, ","))
		}
	}
	if !a.Headers.Has("Accept") {
		add("Accept", "*/*")
	}
	if q.origin != "" {
		add("Origin", q.origin)
		add("Sec-Fetch-Mode", "cors")
		add("Sec-Fetch-Site", "cross-site")
		add("Sec-Fetch-Dest", "empty")
	}
	a.Headers = append(a.Headers, q.extra...)
	if own && s.cookie != "" {
		add("Cookie", s.cookie)
	}
	return a
}

func isHarmless(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// ask returns the answer to q, or nil if it may not be asked. An answer without a
// status is a failure of the network.
func (s *scene) ask(q *question) *reply {
	if s.sender == nil || s.ctx.Err() != nil || !isHarmless(q.method) && !s.Send {
		return nil
	}
	request := s.request(q)
	key := fmt.Sprint(q.again, request.Method, " ", request.URL, " ", request.Address, request.AnyCertificate, request.Headers)
	r, ours := s.hostOf(q.url).once(s.ctx, key, func() *reply {
		ctx, cancel := context.WithTimeout(s.ctx, probeTime)
		defer cancel()
		return &reply{s.sender.Ask(ctx, request), q}
	})
	if r == nil {
		return nil
	}
	r = &reply{r.Answer, q}
	s.record(key, r, ours)
	return r
}

// all asks several questions at a time, and returns the answers in order; those
// that may not be asked are nil.
func (s *scene) all(list ...*question) []*reply {
	replies := make([]*reply, len(list))
	var asking sync.WaitGroup
	for i, q := range list {
		asking.Go(func() { replies[i] = s.ask(q) })
	}
	asking.Wait()
	return replies
}

// record keeps an answer as evidence, and if it was sent for this scene, as a
// probe.
func (s *scene) record(key string, r *reply, ours bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known[key] {
		return
	}
	s.known[key] = true
	if r.Status != 0 {
		s.seen = append(s.seen, stacks.Seen{Method: r.question.method, URL: r.question.url, Status: r.Status, Headers: r.Headers, Body: string(r.Body)})
	}
	if !ours {
		return
	}
	p := Probe{
		Why: printable(r.question.why), Method: r.question.method, URL: printable(r.question.url), Origin: r.question.origin,
		Status: r.Status, Shows: r.shows(),
	}
	if r.Status == 0 {
		p.Error = printable(fmt.Sprint(r.Err))
	}
	s.probes = append(s.probes, p)
}

// urlOf parses the URL of a request; an empty one if it is not a URL.
func urlOf(raw string) *weburl.URL {
	if u, err := weburl.Parse(raw, nil); err == nil {
		return u
	}
	return &weburl.URL{}
}

func join(names []string) string { return strings.Join(names, ", ") }

// relative parses the URL of a Location header.
func relative(raw string, base *weburl.URL) *weburl.URL {
	if u, err := weburl.ParseLocation(raw, base); err == nil {
		return u
	}
	return &weburl.URL{}
}
