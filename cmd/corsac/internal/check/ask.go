package check

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// The bounds of what is kept of an answer.
const (
	maxAnswerBody = 2 << 10
	maxFields     = 256
	maxField      = 8 << 10

	// bodyTime is how long to wait for the body of an answer after its head.
	bodyTime = 300 * time.Millisecond
)

// Ask is a request besides those that a browser makes.
type Ask struct {
	Method, URL string
	// Headers are all that are sent besides those of the connection. Nothing is
	// added to them: no cookies, and nothing that the case has.
	Headers fetch.Headers
	// WithBody sends the body of the case.
	WithBody bool
	// Address is connected to instead of the URL's host.
	Address netip.Addr
	// AnyCertificate accepts any certificate.
	AnyCertificate bool
}

// Answer is what came back.
type Answer struct {
	// Status is 0 if nothing did; Code and Err then say why.
	Status int
	Code   fetch.Code
	Err    error
	// Headers and Body are the beginning of the answer: at most 256 lines of 8 KiB
	// each, and 2 KiB of the body, decompressed.
	Headers fetch.Headers
	Body    []byte
	// Remote is the address that answered, and Sent are the lines of the request.
	Remote string
	Sent   fetch.Headers
}

// Ask sends a request in the way that the session reaches servers. A redirect is
// not followed. With DryRun, it sends only OPTIONS, GET and HEAD. It is safe for
// concurrent use.
func (s *Session) Ask(ctx context.Context, a *Ask) *Answer {
	network := *s.network
	if u, err := weburl.Parse(a.URL, nil); err == nil && a.Address.IsValid() {
		network.Map = []probe.Mapping{{Host: u.Host, ToHost: a.Address.String()}}
	}
	if a.AnyCertificate {
		network.TLS = network.TLS.Clone()
		network.TLS.InsecureSkipVerify = true
	}
	p := &probe.Probe{
		Network: &network, UserAgent: s.Case.UserAgent, KeepBody: maxAnswerBody, BodyTime: bodyTime, DryRun: s.Case.DryRun,
	}
	w := &fetch.WireRequest{Kind: fetch.KindActual, Method: a.Method, URL: a.URL, Headers: a.Headers}
	if a.Method == "OPTIONS" {
		w.Kind = fetch.KindPreflight // which is harmless
	}
	if a.WithBody {
		p.Body, w.Body = s.Case.Body, s.Case.Request.Body
	}
	response, err := p.Exchange(ctx, w)
	answer := &Answer{Err: err}
	if len(p.Records) > 0 {
		answer.Remote, answer.Sent = p.Records[0].Remote, p.Records[0].Sent
	}
	if err != nil {
		var failed *fetch.NetError
		if errors.As(err, &failed) {
			answer.Code = failed.Code
		}
		return answer
	}
	answer.Status, answer.Headers = response.Status, bounded(response.Headers)
	answer.Body = decoded(response.Headers, p.Records[0].Body, maxAnswerBody)
	return answer
}

// bounded returns the beginning of headers.
func bounded(headers fetch.Headers) fetch.Headers {
	headers = headers[:min(len(headers), maxFields)]
	for i, h := range headers {
		headers[i] = fetch.Header{Name: h.Name[:min(len(h.Name), maxField)], Value: h.Value[:min(len(h.Value), maxField)]}
	}
	return headers
}

// bodiesOf returns the bodies of the answers of an outcome.
func bodiesOf(o *fetch.Outcome, records []probe.Record) [][]byte {
	bodies := make([][]byte, len(o.Wire))
	for i := range bodies {
		if i < len(records) {
			bodies[i] = decoded(o.Wire[i].ResponseHeaders, records[i].Body, maxAnswerBody)
		}
	}
	return bodies
}
