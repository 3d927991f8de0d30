package check

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// The bounds of a batch.
const (
	maxBatch    = 100_000 // lines
	maxMistakes = 20      // that are reported
)

// Line is a line of a batch.
type Line struct {
	Number int
	// ID is given back with the verdict, as it is.
	ID json.RawMessage
	*Case
}

// Batch reads a file of JSON objects, one per line, each a request with the
// members of a verdict's. base and spec are for what a line does not say. Every
// mistake is reported at once.
func Batch(text []byte, base *Case, spec *Spec) (lines []*Line, err error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if first := bytes.TrimSpace(text); bytes.HasPrefix(first, []byte("[")) || bytes.Equal(firstLine(first), []byte("{")) {
		return nil, errors.New("it is one JSON value over many lines; a batch has an object on each line: jq -c '.[]?' makes one")
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
		return nil, errors.New("there is nothing in the batch")
	}
	return lines, errors.Join(errs...)
}

func firstLine(text []byte) []byte {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return bytes.TrimSpace(line)
}

// batchLine is the JSON of a line.
type batchLine struct {
	ID json.RawMessage `json:"id"`

	Origin      string       `json:"origin"`
	Page        string       `json:"page"`
	URL         string       `json:"url"`
	Method      string       `json:"method"`
	Headers     batchHeaders `json:"headers"`
	Body        *string      `json:"body"`
	Credentials string       `json:"credentials"`
	Mode        string       `json:"mode"`
	Redirect    string       `json:"redirect"`
	Destination string       `json:"destination"`
	Cookie      string       `json:"cookie"`
	ReadHeaders []string     `json:"read_headers"`
}

var errHeaders = errors.New(`"headers" are neither {"Name": "value"} nor [["Name", "value"]]`)

// batchHeaders are [[name, value], …] or {name: value, …}.
type batchHeaders []fetch.Header

// UnmarshalJSON implements json.Unmarshaler.
func (h *batchHeaders) UnmarshalJSON(b []byte) error {
	if !bytes.HasPrefix(b, []byte("{")) {
		if err := json.Unmarshal(b, (*[]fetch.Header)(h)); err != nil {
			return errHeaders
		}
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(b))
	_, _ = d.Token() // the brace
	for d.More() {
		name, _ := d.Token() // a member has a name
		var value string
		if err := d.Decode(&value); err != nil {
			return errHeaders
		}
		pair, err := json.Marshal([]any{name, value})
		if err != nil {
			return err
		}
		var header fetch.Header
		if err := json.Unmarshal(pair, &header); err != nil {
			return err
		}
		*h = append(*h, header)
	}
	return nil
}

func newLine(text []byte, base *Case, spec *Spec) (*Line, error) {
	var row batchLine
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&row); err != nil {
		return nil, lineError(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the object")
	}
	c := *base
	if row.Origin != "" || row.Page != "" {
		c.Page.Origin, c.PageURL = row.Origin, row.Page
	}
	if row.URL == "" {
		return nil, errors.New(`there is no "url"`)
	}
	if c.Page.Origin == "" && c.PageURL == "" {
		return nil, errors.New(`there is neither "origin" nor "page"; --origin gives one to all lines`)
	}
	if row.Cookie != "" {
		c.Cookies = []string{row.Cookie}
	}
	c.ReadHeaders = append(slices.Clip(c.ReadHeaders), row.ReadHeaders...)
	_, err := ParseCookies(c.Cookies, true)
	own := Spec{
		Method: cmp.Or(row.Method, spec.Method), MethodGiven: row.Method != "" || spec.MethodGiven, Headers: spec.Headers,
		Credentials: cmp.Or(row.Credentials, spec.Credentials), Mode: cmp.Or(row.Mode, spec.Mode),
		Redirect: cmp.Or(row.Redirect, spec.Redirect), Destination: cmp.Or(row.Destination, spec.Destination),
		Body: BodySpec{Size: -1},
	}
	if row.Body != nil {
		own.Body.Raw = []string{*row.Body}
	}
	if err := errors.Join(CheckTarget(row.URL), own.Check(), CheckOrigin(row.Origin), err); err != nil {
		return nil, err
	}
	if c.Request, c.Body, err = own.Request(row.URL, nil); err != nil {
		return nil, err
	}
	c.Request.Headers = append(c.Request.Headers, row.Headers...)
	if c.Request.Body != nil {
		c.Request.Body.Kind = fetch.BodyText // as of a string in script
	}
	return &Line{ID: row.ID, Case: &c}, nil
}

// lineError says what is wrong with the JSON of a line.
func lineError(err error) error {
	var wrong *json.UnmarshalTypeError
	name, unknown := strings.CutPrefix(err.Error(), "json: unknown field ")
	switch {
	case unknown:
		return fmt.Errorf("there is no member %s; the members are id, origin, page, url, method, headers, body, credentials, mode, redirect, destination, cookie, read_headers", name)
	case errors.As(err, &wrong) && wrong.Field == "":
		return fmt.Errorf("it is not a JSON object but a value of type %s", wrong.Value)
	case errors.As(err, &wrong):
		return fmt.Errorf("%q cannot be a %s", wrong.Field, wrong.Value)
	case errors.As(err, new(*json.SyntaxError)), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("it is not JSON: %w", err)
	}
	return err
}
