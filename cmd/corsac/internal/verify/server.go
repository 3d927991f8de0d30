package verify

import (
	"context"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Server asks real servers, through the engine.
type Server struct {
	Checker *check.Checker
	// Base is what all requests have in common: cookies, how servers are
	// reached. Spec has their headers and their body.
	Base check.Case
	Spec check.Spec
	// Send sends requests with methods other than GET, HEAD and OPTIONS, too. Otherwise
	// they end after their preflight.
	Send bool
}

// Ask makes a request.
func (s *Server) Ask(ctx context.Context, a *Ask) (*verdict.Verdict, error) {
	want, spec := s.Base, s.Spec
	want.Page.Origin = a.Origin
	want.DryRun = !s.Send && a.Method != "OPTIONS"
	spec.Method, spec.MethodGiven = a.Method, true
	if a.Method == "GET" || a.Method == "HEAD" || a.Method == "OPTIONS" {
		spec.Body = check.BodySpec{Size: -1}
	}
	script, body, err := spec.Request(a.URL, nil)
	if err != nil {
		return nil, err
	}
	for _, h := range a.request().Headers {
		if !script.Headers.Has(h.Name) {
			script.Headers = append(script.Headers, h)
		}
	}
	script.Credentials = a.request().Credentials
	want.Request, want.Body = script, body
	session, err := s.Checker.Session(ctx, &want)
	if err != nil {
		return nil, err
	}
	if a.Spelled != "" {
		return spelled(ctx, session, a), ctx.Err()
	}
	v := session.Run(ctx)
	if want.DryRun && v.Error != nil && v.Error.Code == string(fetch.CodeAborted) && preflightOf(v) == nil && ctx.Err() == nil {
		return nil, errNoPreflight
	}
	return v, ctx.Err()
}

// spelled makes a request with an Origin header that no browser sends.
func spelled(ctx context.Context, session *check.Session, a *Ask) *verdict.Verdict {
	headers := append(fetch.Headers{{Name: "Origin", Value: a.Spelled}}, session.Case.Request.Headers...)
	answer := session.Ask(ctx, &check.Ask{Method: a.Method, URL: a.URL, Headers: headers})
	w := verdict.Wire{Kind: fetch.KindActual, URL: a.URL, Method: a.Method, Headers: headers, Status: answer.Status, ResponseHeaders: answer.Headers}
	return &verdict.Verdict{Wire: []verdict.Wire{w}}
}
