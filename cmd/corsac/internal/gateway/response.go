package gateway

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
)

// response stands between the reverse proxy and the real ResponseWriter, on
// whose header the policy has been announced. It keeps the two apart until the
// status is known, since the proxy adds to a header, and clears it after interim
// responses.
type response struct {
	http.ResponseWriter

	request  *http.Request // the client's
	body     *requestBody
	upstream http.Header // what the proxy sets before the final status
	final    bool        // the final status has been written
	overlaps bool        // it has begun before the body of the request has ended
}

func newResponse(w http.ResponseWriter, r *http.Request) *response {
	return &response{ResponseWriter: w, request: r, body: newRequestBody(r), upstream: http.Header{}}
}

// Unwrap is for [http.ResponseController].
func (r *response) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Header implements [http.ResponseWriter]. After the status, what is added to it
// are trailers.
func (r *response) Header() http.Header {
	if r.final {
		return r.ResponseWriter.Header()
	}
	return r.upstream
}

// WriteHeader implements [http.ResponseWriter].
func (r *response) WriteHeader(status int) {
	switch {
	case r.final:
	case status >= 100 && status < 200:
		r.writeInterim(status)
	default:
		r.final = true
		h := r.ResponseWriter.Header()
		merge(h, r.upstream)
		if _, ok := h["Content-Type"]; !ok {
			h["Content-Type"] = nil // or net/http would guess one
		}
		if len(h["Trailer"]) > 0 {
			delete(h, "Content-Length") // which HTTP/2 allows beside trailers, and HTTP/1.1 does not
		}
		r.overlap()
		r.ResponseWriter.WriteHeader(status)
	}
}

// writeInterim writes an interim response, after which the header is as before.
// Not written are: a 100, which net/http writes when the proxy begins to read the
// body, and that is when the upstream has said 100, or has not in time; a 101,
// which HTTP/2 does not have and HTTP/1 would take for a switch; and any to
// HTTP/1.0, which has none.
func (r *response) writeInterim(status int) {
	if status == http.StatusContinue || status == http.StatusSwitchingProtocols || !r.request.ProtoAtLeast(1, 1) {
		return
	}
	h := r.ResponseWriter.Header()
	before := maps.Clone(h)
	merge(h, r.upstream)
	r.ResponseWriter.WriteHeader(status)
	clear(h)
	maps.Copy(h, before)
}

// Write implements [http.ResponseWriter].
func (r *response) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.ResponseWriter.Write(p)
}

// Hijack implements [http.Hijacker]. The proxy calls it for a 101, whose header it
// then adds to and writes by itself; see receive.
func (r *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	r.final = true
	return http.NewResponseController(r.ResponseWriter).Hijack()
}

// merge adds the headers of an upstream to those of a policy.
func merge(h, upstream http.Header) {
	for name, lines := range upstream {
		switch {
		case isAccessControl(name):
		case name == "Vary":
			h[name] = mergeVary(h[name], lines)
		default:
			h[name] = lines
		}
	}
}

// isAccessControl reports whether a header is one of CORS, now or in future.
func isAccessControl(name string) bool {
	const prefix = "access-control-"
	return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
}

func stripAccessControl(h http.Header) {
	for name := range h {
		if isAccessControl(name) {
			delete(h, name)
		}
	}
}

// mergeVary adds the elements of theirs to ours that are not there.
func mergeVary(ours, theirs []string) []string {
	if len(ours) == 0 {
		return theirs
	}
	var elements []string
	seen := map[string]bool{}
	for _, lines := range [][]string{ours, theirs} {
		for _, line := range lines {
			for e := range strings.SplitSeq(line, ",") {
				e = strings.Trim(e, " \t")
				if key := strings.ToLower(e); e != "" && !seen[key] {
					seen[key] = true
					elements = append(elements, e)
				}
			}
		}
	}
	return []string{strings.Join(elements, ", ")}
}

// receive checks the response of an upstream, and removes the upstream's own word
// on CORS from where response does not see it: from trailers, and from a 101,
// whose header the proxy writes by itself.
func receive(res *http.Response) error {
	if err := checkStatus(res); err != nil {
		return err
	}
	stripAccessControl(res.Header)
	if res.StatusCode == http.StatusSwitchingProtocols {
		res.Header.Del("Vary") // no cache keeps a 101, and the policy's is there
		return nil
	}
	stripAccessControl(res.Trailer)
	res.Body = &trailerStripper{res.Body, res}
	return nil
}

// checkStatus returns an error for a status that net/http would panic at, and for
// a switch to a protocol that was not asked for.
func checkStatus(res *http.Response) error {
	if res.StatusCode == http.StatusSwitchingProtocols {
		asked, got := res.Request.Header.Get("Upgrade"), res.Header.Get("Upgrade")
		if asked == "" || !strings.EqualFold(asked, got) {
			return fmt.Errorf("it switches to protocol %q, asked for %q", got, asked)
		}
		return nil
	}
	if res.StatusCode < 200 || res.StatusCode > 999 {
		return fmt.Errorf("its status is %q", res.Status)
	}
	return nil
}

// trailerStripper strips the trailers once they have come: those that were not
// announced come with the end of the body.
type trailerStripper struct {
	io.ReadCloser

	res *http.Response
}

// Close implements [io.Closer].
func (s *trailerStripper) Close() error {
	err := s.ReadCloser.Close()
	stripAccessControl(s.res.Trailer)
	return err
}
