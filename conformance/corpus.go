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

	"github.com/corsac-dev/corsac/fetch"
)

// KV is a header line; every code point of a string is one byte.
type KV [2]string

// Resp is what a server answers. Abort closes the connection without a byte.
type Resp struct {
	Status  int    `json:"status"`
	Headers []KV   `json:"headers"`
	Body    string `json:"body"`
	Abort   bool   `json:"abort"`
}

// Hop k answers at /c/<id>/<k>.
type Hop struct {
	Origin    string `json:"origin"`
	Preflight *Resp  `json:"preflight"`
	Actual    *Resp  `json:"actual"`
}

// Body is a request body.
type Body struct {
	Kind string `json:"kind"`
	Type string `json:"type"`
}

// Request is a request as script makes it; absent strings were not given.
type Request struct {
	API            string  `json:"api"`
	URL            string  `json:"url"`
	Method         *string `json:"method"`
	Headers        []KV    `json:"headers"`
	Body           *Body   `json:"body"`
	Mode           string  `json:"mode"`
	Credentials    string  `json:"credentials"`
	Redirect       string  `json:"redirect"`
	Cache          string  `json:"cache"`
	ReferrerPolicy string  `json:"referrer_policy"`
	CrossOrigin    *string `json:"crossorigin"`
	UploadListener bool    `json:"upload_listener"`
}

// Step is one request of a case; Hops, when set, replaces the case's from there on.
type Step struct {
	DelayMS int     `json:"delay_ms"`
	Request Request `json:"request"`
	Hops    []Hop   `json:"hops"`
}

// Case is a page, its servers and its requests.
type Case struct {
	ID     string `json:"id"`
	Family string `json:"family"`
	Page   string `json:"page"`
	Origin string `json:"origin"`
	Hops   []Hop  `json:"hops"`
	Steps  []Step `json:"steps"`
}

// Wire is a request as the server saw it.
type Wire struct {
	Hop     int    `json:"hop"`
	At      string `json:"at"`
	Kind    string `json:"kind"`
	Method  string `json:"method"`
	Origin  string `json:"origin"`
	ACRM    string `json:"acrm"`
	ACRH    string `json:"acrh"`
	Cookie  bool   `json:"cookie"`
	Query   string `json:"query"`
	Headers []KV   `json:"headers"`
}

// RequestView is the Request object as script reads it back.
type RequestView struct {
	Method      string `json:"method"`
	Mode        string `json:"mode"`
	Credentials string `json:"credentials"`
	Headers     []KV   `json:"headers"`
}

// StepOutcome is what a browser did with one step.
type StepOutcome struct {
	Result     string       `json:"result"`
	Request    *RequestView `json:"req"`
	Type       string       `json:"type"`
	Status     int          `json:"status"`
	Redirected bool         `json:"redirected"`
	URL        string       `json:"url"`
	Headers    []KV         `json:"headers"`
	CORSError  string       `json:"cors_error"`
	Parameter  string       `json:"failed_parameter"`
	NetError   string       `json:"net_error"`
	Console    []string     `json:"console"`
	Wire       []Wire       `json:"wire"`
}

// Recorded is a case and what one browser did with each of its steps.
type Recorded struct {
	Case  *Case
	Steps []StepOutcome
}

type line struct {
	ID      string `json:"id"`
	Case    *Case  `json:"case"`
	Outcome struct {
		Steps []StepOutcome `json:"steps"`
	} `json:"outcome"`
}

// Load reads the recordings of both browsers; files that end in .gz are decompressed. Cases come in
// the order of the Chromium recording.
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

// latin1 turns text whose code points are bytes into those bytes.
func latin1(s string) string {
	b, _ := fetch.IsomorphicEncode(s)
	return b
}
