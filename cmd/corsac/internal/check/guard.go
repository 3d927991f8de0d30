package check

import (
	"context"
	"fmt"

	"github.com/corsac-dev/corsac/fetch"
)

// codeCSP is Chromium's network error for requests that a Content Security
// Policy forbids.
const codeCSP fetch.Code = "net::ERR_BLOCKED_BY_CSP"

// guarded lets the page's own Content Security Policy decide before each
// request is sent.
func (s *Session) guarded(exchange fetch.RoundTrip) fetch.RoundTrip {
	if len(s.csp) == 0 {
		return exchange
	}
	return func(ctx context.Context, w *fetch.WireRequest) (*fetch.WireResponse, error) {
		v := s.csp.Check(s.Case.Request.Destination, w.URL, s.self, w.Hop > 0)
		if v == nil {
			return exchange(ctx, w)
		}
		return nil, &fetch.NetError{
			Code: codeCSP, Unsent: true, Console: v.Message(s.Case.Request.Destination, w.URL),
			Err: fmt.Errorf("the page's Content-Security-Policy forbids it: %s", v.Directive),
		}
	}
}
