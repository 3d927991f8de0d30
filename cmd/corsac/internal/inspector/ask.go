package inspector

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/fetch"
)

// Ask sends a request without a body and without credentials to the server that gets
// url at the proxy. It must ask nobody unless that server is at the origin server. It
// must be safe for concurrent use, and end in bounded time.
type Ask func(ctx context.Context, url, server string, w *fetch.WireRequest) (*fetch.WireResponse, error)

const (
	// maxAsking bounds how many questions there are at once.
	maxAsking = 4
	// maxAnswers bounds how many answers are kept.
	maxAnswers = 1000
)

// answers are what a server said when it was asked as a page asks it. Either is nil if
// the server was not asked that.
type answers struct{ preflight, actual *fetch.WireResponse }

// askedFor is the request of a page that answers are about.
type askedFor struct {
	id        uint64 // of the exchange
	page, url string
}

func (s *subject) askedFor() askedFor {
	return askedFor{s.exchange.ID, s.page.Origin, s.request.URL}
}

// subjectOf returns an exchange as it would be in production, with what the server has
// been asked about it.
func (in *Inspector) subjectOf(w *world, x *record.Exchange) subject {
	s := w.subjectOf(x)
	if s.request != nil {
		in.mu.Lock()
		s.answers = in.answers[s.askedFor()]
		in.mu.Unlock()
	}
	return s
}

// canAsk reports whether the server can be asked what decides about a subject. A
// request that may change something is not sent again; its preflight is.
func (in *Inspector) canAsk(s *subject, j *judgement) bool {
	if in.ask == nil || j.State != Unknown || s.request == nil || s.answers != nil || s.exchange.Proxied.URL() == "" {
		return false
	}
	v := worstOf(j.Browsers).Verdict
	return v != nil && len(v.Preflight.Reasons) > 0 || isSafe(s.request.Method)
}

func isSafe(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// serveAsk asks the server of an exchange what decides about it, and responds with
// nothing: the details have it then.
func (in *Inspector) serveAsk(w http.ResponseWriter, r *http.Request) {
	var body struct {
		ID uint64 `json:"id"`
	}
	if !read(w, r, &body) {
		return
	}
	x, ok := in.ring.Get(body.ID)
	if !ok {
		refuse(w, http.StatusNotFound, "gone", "this request is no longer in the list")
		return
	}
	world := in.now()
	s := in.subjectOf(world, &x)
	if s.request == nil || len(freeWhy[s.kind]) > 0 {
		refuse(w, http.StatusConflict, "nothing-to-ask", "CORS does not apply to this request")
		return
	}
	if j := world.judge(&s, in.preflightOf, true); !in.canAsk(&s, &j) {
		refuse(w, http.StatusConflict, "nothing-to-ask", "there is nothing that the server could be asked about this request")
		return
	}
	select {
	case in.asking <- struct{}{}:
		defer func() { <-in.asking }()
	default:
		refuse(w, http.StatusTooManyRequests, "busy", "corsac is asking other servers; try again in a moment")
		return
	}
	got, err := in.askServer(r.Context(), &s)
	if err != nil {
		refuse(w, http.StatusBadGateway, "no-answer", "the server was not asked: "+err.Error())
		return
	}
	in.keep(s.askedFor(), got)
	respond(w, http.StatusOK, struct{}{})
}

// askServer asks what a browser with the page would ask.
func (in *Inspector) askServer(ctx context.Context, s *subject) (*answers, error) {
	x := s.exchange
	url := x.URL
	if full, masked := in.ring.Reveal(x.ID, record.PartURL, 0); masked {
		url = full
	}
	page, err := fetch.NewPage(s.page)
	if err != nil {
		return nil, err
	}
	got, failed := &answers{}, error(nil)
	ask := func(ctx context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) {
		to := &got.actual
		switch {
		case w.Hop > 0, w.Kind != fetch.KindPreflight && (got.preflight != nil || !isSafe(w.Method)):
			return nil, errNotAsked
		case w.Kind == fetch.KindPreflight:
			to = &got.preflight
		}
		res, err := in.ask(ctx, url, originOfURL(x.Proxied.URL()), w)
		if *to = res; err != nil {
			failed = err
		}
		return res, err
	}
	fetch.New(fetch.Config{Profile: fetch.Chromium}).Fetch(ctx, page, s.request, ask)
	if failed == nil && *got == (answers{}) {
		failed = errors.New("the browser asks nothing about this request")
	}
	return got, failed
}

// keep keeps answers, and forgets what was decided without them.
func (in *Inspector) keep(about askedFor, a *answers) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.answers) >= maxAnswers {
		in.answers, in.judged = map[askedFor]*answers{}, judged{}
	}
	in.answers[about] = a
	delete(in.judged, about.id)
}

// answerAsAsked answers a request as the server did when it was asked. What it was not
// asked because it may change something is as it was recorded, with the permission of
// the preflight.
func (c *court) answerAsAsked(_ context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) {
	a := c.answers
	switch {
	case w.Hop > 0:
	case w.Kind == fetch.KindPreflight && a.preflight != nil:
		return a.preflight, nil
	case w.Kind != fetch.KindPreflight && a.actual != nil:
		return a.actual, nil
	case w.Kind != fetch.KindPreflight && a.preflight != nil && c.kind == kindRequest:
		return c.supposed(), nil
	}
	return nil, errNotAsked
}

// supposed returns the response to a request whose preflight alone was asked.
func (c *court) supposed() *fetch.WireResponse {
	r := &fetch.WireResponse{Status: max(c.answer.Status, http.StatusOK)}
	for _, h := range c.answer.ResponseHeaders {
		if !isPermission(h.Name) {
			r.Headers = append(r.Headers, h)
		}
	}
	for _, h := range c.answers.preflight.Headers {
		if isPermission(h.Name) {
			r.Headers = append(r.Headers, h)
		}
	}
	return r
}

// isPermission reports whether a header says who may read a response.
func isPermission(name string) bool {
	return slices.Contains([]string{"access-control-allow-origin", "access-control-allow-credentials"}, strings.ToLower(name))
}
