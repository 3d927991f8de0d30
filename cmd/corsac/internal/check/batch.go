package check

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// The bounds of a batch.
const (
	MaxBatch = 256 << 20 // bytes

	maxLine     = 16 << 20 // bytes of a line
	maxBatch    = 100_000  // bound on the lines
	maxMistakes = 20       // bound on the mistakes that are reported
)

// Line is a line of a batch.
type Line struct {
	Number int
	// ID is returned with the verdict, unchanged.
	ID json.RawMessage
	*Case
}

// Batch reads a file of JSON objects, one per line, each a [verdict.Question].
// base and spec supply what a line does not say. All mistakes are reported at
// once.
func Batch(text []byte, base *Case, spec *Spec) (lines []*Line, err error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if first := bytes.TrimSpace(text); bytes.HasPrefix(first, []byte("[")) || bytes.Equal(firstLine(first), []byte("{")) {
		return nil, errors.New("the batch is one JSON value over many lines; write one object per line, as jq -c '.[]?' does")
	}
	var errs []error
	n, wrong := 0, 0
	for row := range bytes.Lines(text) {
		if n++; n > maxBatch {
			return nil, fmt.Errorf("the batch has more than %d lines; split it", maxBatch)
		}
		if row = bytes.TrimSpace(row); len(row) == 0 {
			continue
		}
		line, err := newLine(row, base, spec)
		if err != nil {
			if wrong++; wrong <= maxMistakes {
				errs = append(errs, fmt.Errorf("line %d: %w", n, err))
			}
			continue
		}
		line.Number = n
		lines = append(lines, line)
	}
	switch {
	case wrong > maxMistakes:
		errs = append(errs, fmt.Errorf("and %d more lines", wrong-maxMistakes))
	case wrong == 0 && len(lines) == 0:
		return nil, errors.New("the batch is empty")
	}
	return lines, errors.Join(errs...)
}

func firstLine(text []byte) []byte {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return bytes.TrimSpace(line)
}

// newLine reads one line.
func newLine(text []byte, base *Case, spec *Spec) (*Line, error) {
	if len(text) > maxLine {
		return nil, fmt.Errorf("it has more than %d bytes", maxLine)
	}
	q, err := verdict.ParseQuestion(text)
	if err != nil {
		return nil, err
	}
	c := *base
	if q.Origin != "" || q.Page.URL != "" {
		c.setPage(q)
	}
	switch {
	case q.URL == "":
		return nil, errors.New(`"url" is missing`)
	case c.Page.Origin == "" && c.Page.URL == "" && c.PageURL == "":
		return nil, errors.New(`"origin" and "page" are missing; write one of them, or use --origin for all lines`)
	case len(q.Answers) > 0:
		return nil, errors.New(`"wire" has the responses of servers, but a batch sends its requests to them; leave it out`)
	}
	if q.Cookie != "" {
		c.Cookies = []string{q.Cookie}
		if _, err := ParseCookies(c.Cookies, true); err != nil {
			return nil, err
		}
	}
	if q.Profile != "" {
		c.Profiles = q.Profiles()
	}
	if q.Expect != "" {
		c.Expect = Expectation(q.Expect)
	}
	if err := c.Expect.Check(); err != nil {
		return nil, fmt.Errorf(`"expect": %w`, err)
	}
	c.Explain = c.Explain || q.Explain
	c.ReadHeaders = append(slices.Clip(c.ReadHeaders), q.ReadHeaders...)
	if err := c.ask(q, spec); err != nil {
		return nil, err
	}
	return &Line{ID: q.ID, Case: &c}, CheckTarget(q.URL)
}

// setPage sets the page from a question. A page of which only the URL is known
// will be loaded.
func (c *Case) setPage(q *verdict.Question) {
	c.Page, c.PageURL = q.PageConfig(), ""
	if q.Page == (verdict.Page{URL: q.Page.URL}) {
		c.Page.URL, c.PageURL = "", q.Page.URL
	}
}

// ask sets the request from a question; spec supplies what the question does
// not say.
func (c *Case) ask(q *verdict.Question, spec *Spec) error {
	r, _, err := spec.Request(q.URL, nil)
	if err != nil {
		return err
	}
	own := q.FetchRequest()
	for _, h := range own.Headers { // what the line says takes the place of the flags
		r.Headers.Del(h.Name)
	}
	own.Headers = append(r.Headers, own.Headers...)
	own.Credentials = cmp.Or(own.Credentials, fetch.Credentials(spec.Credentials))
	own.Mode = cmp.Or(own.Mode, fetch.Mode(spec.Mode))
	own.Redirect = cmp.Or(own.Redirect, r.Redirect)
	own.Destination = cmp.Or(own.Destination, r.Destination)
	own.Method = cmp.Or(own.Method, r.Method)
	if q.Body != nil {
		c.Body = []byte(q.Body.Text)
		own.Method = cmp.Or(own.Method, http.MethodPost)
	}
	crossOrigin(own)
	c.Request = own
	return nil
}
