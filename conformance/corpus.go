package conformance

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/corsac-dev/corsac/internal/bytestr"
)

// KV is a header line. Each code point of a string is one byte.
type KV [2]string

// Resp is a response of a server. Abort closes the connection without sending a
// byte. Line, if set, is sent as its status line.
type Resp struct {
	Line    string `json:"line,omitempty"`
	Status  int    `json:"status,omitempty"`
	Headers []KV   `json:"headers,omitempty"`
	Body    string `json:"body,omitempty"`
	Abort   bool   `json:"abort,omitempty"`
}

// Hop is the server at /c/<id>/<k>, where k is its index.
type Hop struct {
	Origin    string `json:"origin,omitempty"`
	Preflight *Resp  `json:"preflight,omitempty"`
	Actual    *Resp  `json:"actual,omitempty"`
}

// Body is a request body.
type Body struct {
	Kind string `json:"kind"`
	Type string `json:"type,omitempty"`
}

// Request is a request as script makes it. A string that is absent was not
// given.
type Request struct {
	API            string  `json:"api,omitempty"`
	URL            string  `json:"url,omitempty"`
	Method         *string `json:"method,omitempty"`
	Headers        []KV    `json:"headers,omitempty"`
	Body           *Body   `json:"body,omitempty"`
	Mode           string  `json:"mode,omitempty"`
	Credentials    string  `json:"credentials,omitempty"`
	Redirect       string  `json:"redirect,omitempty"`
	Cache          string  `json:"cache,omitempty"`
	ReferrerPolicy string  `json:"referrer_policy,omitempty"`
	CrossOrigin    *string `json:"crossorigin,omitempty"`
	UploadListener bool    `json:"upload_listener,omitempty"`
}

// Step is one request of a case. Hops, if set, replaces those of the case from
// this step on.
type Step struct {
	DelayMS int     `json:"delay_ms,omitempty"`
	Request Request `json:"request"`
	Hops    []Hop   `json:"hops,omitempty"`
}

// Case is a page, its servers, and its requests. Policy is the Referrer-Policy
// of the page.
type Case struct {
	ID     string `json:"id"`
	Family string `json:"family"`
	Page   string `json:"page"`
	Origin string `json:"origin,omitempty"`
	Policy string `json:"policy,omitempty"`
	Hops   []Hop  `json:"hops,omitempty"`
	Steps  []Step `json:"steps"`
}

// Wire is a request as the server saw it.
type Wire struct {
	Hop     int    `json:"hop"`
	At      string `json:"at"`
	Kind    string `json:"kind"`
	Method  string `json:"method,omitempty"`
	Origin  string `json:"origin,omitempty"`
	ACRM    string `json:"acrm,omitempty"`
	ACRH    string `json:"acrh,omitempty"`
	Cookie  bool   `json:"cookie,omitempty"`
	Query   string `json:"query,omitempty"`
	Headers []KV   `json:"headers,omitempty"`
}

// RequestView is the Request object as script reads it back.
type RequestView struct {
	Method      string `json:"method,omitempty"`
	Mode        string `json:"mode,omitempty"`
	Credentials string `json:"credentials,omitempty"`
	Headers     []KV   `json:"headers,omitempty"`
}

// StepOutcome is what a browser did with one step. Error is the exception of a
// call that throws, with its name.
type StepOutcome struct {
	Result     string       `json:"result"`
	Error      string       `json:"error,omitempty"`
	Request    *RequestView `json:"req,omitempty"`
	Type       string       `json:"type,omitempty"`
	Status     int          `json:"status,omitempty"`
	Redirected bool         `json:"redirected,omitempty"`
	URL        string       `json:"url,omitempty"`
	Headers    []KV         `json:"headers,omitempty"`
	CORSError  string       `json:"cors_error,omitempty"`
	Parameter  string       `json:"failed_parameter,omitempty"`
	NetError   string       `json:"net_error,omitempty"`
	Console    []string     `json:"console,omitempty"`
	Wire       []Wire       `json:"wire,omitempty"`
}

// Recorded is a case, and what one browser did with each of its steps.
type Recorded struct {
	Case  *Case
	Steps []StepOutcome
}

type line struct {
	ID      string `json:"id"`
	Case    *Case  `json:"case,omitempty"`
	Outcome struct {
		Steps []StepOutcome `json:"steps"`
	} `json:"outcome"`
}

// Load reads the recordings of both browsers. Files whose names end in .gz are
// decompressed. Cases are in the order of the Chromium recording.
func Load(chromium, firefox string) (c, f []Recorded, err error) {
	cl, err := readLines(chromium)
	if err != nil {
		return nil, nil, err
	}
	fl, err := readLines(firefox)
	if err != nil {
		return nil, nil, err
	}
	byID := make(map[string]*line, len(fl))
	for _, l := range fl {
		byID[l.ID] = l
	}
	for _, l := range cl {
		if l.Case == nil || len(l.Outcome.Steps) != len(l.Case.Steps) {
			return nil, nil, fmt.Errorf("%s: case %q has no steps or not as many outcomes", chromium, l.ID)
		}
		c = append(c, Recorded{l.Case, l.Outcome.Steps})
		if o := byID[l.ID]; o != nil && len(o.Outcome.Steps) == len(l.Case.Steps) {
			f = append(f, Recorded{l.Case, o.Outcome.Steps})
		}
	}
	return c, f, nil
}

// Save writes recordings of one browser to a compressed file, without the cases
// if another file has them. [Load] reads both.
func Save(path string, list []Recorded, cases bool) error {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	enc := json.NewEncoder(z)
	enc.SetEscapeHTML(false)
	for _, r := range list {
		l := line{ID: r.Case.ID}
		if cases {
			l.Case = r.Case
		}
		l.Outcome.Steps = r.Steps
		if err := enc.Encode(l); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o600)
}

func readLines(path string) ([]*line, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var r io.Reader = bytes.NewReader(raw)
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(r); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 16<<20)
	var out []*line
	for sc.Scan() {
		l := &line{}
		if err := json.Unmarshal(sc.Bytes(), l); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, len(out)+1, err)
		}
		out = append(out, l)
	}
	return out, sc.Err()
}

// latin1 converts text whose code points are bytes to those bytes.
func latin1(s string) string {
	b, _ := bytestr.Encode(s)
	return b
}
