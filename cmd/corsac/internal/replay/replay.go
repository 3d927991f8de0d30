// Package replay answers requests with the responses of a HAR file, such as one of
// corsac dev --har or of a browser's developer tools.
//
// A request gets the responses that the file has for its method, path and query, in
// the order of the file; the last one again and again. The host does not matter. A
// response of which the file has no body has an empty one.
package replay

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/net/http/httpguts"

	"github.com/corsac-dev/corsac/internal/weburl"
)

// MaxFile bounds a file, in bytes.
const MaxFile = 256 << 20

// Recording is the responses of a file. It is safe for concurrent use.
type Recording struct {
	mu      sync.Mutex
	answers map[key][]*answer // those that have not been given, and the last one
}

type key struct{ method, target string }

type answer struct {
	status  int
	header  http.Header
	content []byte
}

// file is what is read of a HAR file (http://www.softwareishard.com/blog/har-12-spec/).
type file struct {
	Log struct {
		Entries []struct {
			Request struct {
				Method string `json:"method"`
				URL    string `json:"url"`
			} `json:"request"`
			Response struct {
				Status  int `json:"status"`
				Headers []struct {
					Name  string `json:"name"`
					Value string `json:"value"`
				} `json:"headers"`
				Content struct {
					Text     string `json:"text"`
					Encoding string `json:"encoding"`
				} `json:"content"`
			} `json:"response"`
		} `json:"entries"`
	} `json:"log"`
}

// Load reads a file.
func Load(name string) (*Recording, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Read(f)
}

// Read reads a HAR file of at most [MaxFile] bytes.
func Read(in io.Reader) (*Recording, error) {
	data, err := io.ReadAll(io.LimitReader(in, MaxFile+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > MaxFile:
		return nil, fmt.Errorf("it has more than %d MiB", MaxFile>>20)
	}
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("it is not a HAR file: %w", err)
	}
	r := &Recording{answers: map[key][]*answer{}}
	for _, e := range f.Log.Entries {
		u, err := weburl.Parse(e.Request.URL, nil)
		if err != nil || e.Response.Status < 200 || e.Response.Status > 999 {
			continue // a request without a response
		}
		a := &answer{status: e.Response.Status, header: http.Header{}, content: []byte(e.Response.Content.Text)}
		if e.Response.Content.Encoding == "base64" {
			if a.content, err = base64.StdEncoding.DecodeString(e.Response.Content.Text); err != nil {
				return nil, fmt.Errorf("the body of %s %s is not Base64", e.Request.Method, e.Request.URL)
			}
		}
		for _, h := range e.Response.Headers {
			if name := http.CanonicalHeaderKey(h.Name); isReplayed(name) && httpguts.ValidHeaderFieldName(name) {
				a.header[name] = append(a.header[name], strings.NewReplacer("\r", " ", "\n", " ", "\x00", " ").Replace(h.Value))
			}
		}
		k := key{e.Request.Method, u.Target()}
		r.answers[k] = append(r.answers[k], a)
	}
	if len(r.answers) == 0 {
		return nil, errors.New("it has no responses")
	}
	return r, nil
}

// isReplayed reports whether a field is about the content and not about its transfer:
// the content of a HAR file is decoded.
func isReplayed(name string) bool {
	switch name {
	case "Connection", "Keep-Alive", "Transfer-Encoding", "Trailer", "Upgrade", "Content-Length", "Content-Encoding", "Alt-Svc":
		return false
	}
	return !strings.HasPrefix(name, ":")
}

// Serve answers a request for one of the targets, paths with queries, whichever the
// file has first. It reports false, and writes nothing, if it has none.
func (r *Recording) Serve(w http.ResponseWriter, method string, targets ...string) bool {
	a := r.next(method, targets)
	if a == nil {
		return false
	}
	h := w.Header()
	for name, lines := range a.header {
		h[name] = slices.Clone(lines)
	}
	if hasContent(method, a.status) {
		h.Set("Content-Length", strconv.Itoa(len(a.content)))
	}
	w.WriteHeader(a.status)
	if hasContent(method, a.status) {
		_, _ = w.Write(a.content) // fails only if the client has left
	}
	return true
}

func hasContent(method string, status int) bool {
	return method != http.MethodHead && status != http.StatusNoContent && status != http.StatusNotModified
}

// next returns the next answer, or nil.
func (r *Recording) next(method string, targets []string) *answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, target := range targets {
		k := key{method, target}
		if left := r.answers[k]; len(left) > 0 {
			if len(left) > 1 {
				r.answers[k] = left[1:]
			}
			return left[0]
		}
	}
	return nil
}

// Targets returns at most a number of the targets that the file has for a method.
func (r *Recording) Targets(method string, most int) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var targets []string
	for k := range r.answers {
		if k.method == method {
			targets = append(targets, k.target)
		}
	}
	slices.Sort(targets)
	return targets[:min(most, len(targets))]
}
