package verify

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/origin"
)

// ErrDown is the error of a server that answers everything with the same error: what
// it does about CORS cannot be seen.
var ErrDown = errors.New("the server is down")

// asker makes a request, as [Verifier.Ask] does.
type asker func(context.Context, *Ask) (*verdict.Verdict, error)

// fails reports whether a response says that the server failed. 501 says only that
// it does not know the method.
func fails(w *verdict.Wire) bool {
	return w != nil && w.Status >= http.StatusInternalServerError && w.Status != http.StatusNotImplemented
}

// ownGET is a request of a page of the server itself: CORS has no part in it, and
// nothing on the wire says that a page makes it.
func ownGET(server *origin.Origin, url string) Ask {
	return Ask{Origin: server.String(), URL: url, Method: http.MethodGet}
}

// down returns an [ErrDown] if the server answers some requests, and GET and OPTIONS
// of a page of its own, with the same error and without CORS headers.
func down(ctx context.Context, ask asker, server *origin.Origin, url string, asks ...Ask) error {
	own := ownGET(server, url)
	options := own
	options.Method = http.MethodOptions
	status := ""
	for _, a := range append(asks, own, options) {
		v, err := ask(ctx, &a)
		if err != nil {
			return nil //nolint:nilerr // not known to be down
		}
		w := last(v)
		if !fails(w) || status != "" && w.StatusText() != status || w.ResponseHeaders.Has("Access-Control-Allow-Origin") {
			return nil
		}
		status = w.StatusText()
	}
	return fmt.Errorf("%w: every request gets %s, also those that have nothing to do with CORS; start it, or what it forwards to", ErrDown, status)
}

// down returns an [ErrDown] if the server answers everything with the same error.
func (r *run) down(ctx context.Context) error {
	allowed := r.allowed[0].origin
	asks := []Ask{{Origin: allowed, URL: r.url, Method: http.MethodGet}}
	if preflight, ok := r.preflightAsk(allowed); ok {
		asks = append(asks, preflight)
	}
	return down(ctx, r.ask, &r.server, r.url, asks...)
}
