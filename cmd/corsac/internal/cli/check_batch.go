package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/fetch"
)

// The bounds of a batch.
const (
	maxBatch       = 100_000 // lines
	maxConcurrency = 256
	maxMistakes    = 20 // that are told
)

// batchLine is a line of a batch: the members of a verdict's request, and a few more.
type batchLine struct {
	// ID is given back with the verdict.
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

// batchCase is a line of a batch that is ready to be checked.
type batchCase struct {
	*checkCase
	line int
	id   json.RawMessage
}

// checkBatch checks the requests of a file, of which each line is one. Nothing is sent if a line is
// wrong.
func (a *app) checkBatch(ctx context.Context, f *checkFlags) error {
	text, err := a.read(ctx, f.batch, "Write the lines here, then press Ctrl-D:")
	if err != nil {
		return err
	}
	cases, err := f.batchCases(text)
	if err != nil {
		return &problem{status: ExitUsage, err: err, hint: `a line is such as {"url": "https://api.example.com/items", "origin": "http://localhost:3000", "method": "PUT", "headers": {"X-A": "1"}}`}
	}
	network, err := f.network.network(a.Getenv)
	if err != nil {
		return &problem{status: ExitUsage, err: err}
	}
	check := func(ctx context.Context, i int) *batchResult {
		c := cases[i]
		r := &batchResult{Line: c.line, ID: c.id}
		s, err := newCheckSession(ctx, f, network, c.checkCase)
		if err != nil {
			r.URL, r.Failure = c.request.URL, err.Error()
			return r
		}
		r.Verdict = s.verdict(ctx)
		return r
	}
	return a.printBatch(ctx, len(cases), inOrder(ctx, len(cases), f.concurrency, check))
}

// batchCases reads the lines, and says all that is wrong with them.
func (f *checkFlags) batchCases(text []byte) (cases []*batchCase, err error) {
	var errs []error
	n, wrong := 0, 0
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if first := bytes.TrimSpace(text); bytes.HasPrefix(first, []byte("[")) || bytes.Equal(firstLine(first), []byte("{")) {
		return nil, errors.New("it is one JSON value over many lines; a batch has an object on each line: jq -c '.[]?' makes one")
	}
	for line := range bytes.Lines(text) {
		if n++; n > maxBatch {
			return nil, fmt.Errorf("the batch has more than %d lines; split it", maxBatch)
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		c, err := f.batchCase(line)
		if err != nil {
			if wrong++; wrong <= maxMistakes {
				errs = append(errs, fmt.Errorf("line %d: %w", n, err))
			}
			continue
		}
		c.line = n
		cases = append(cases, c)
	}
	switch {
	case wrong > maxMistakes:
		errs = append(errs, fmt.Errorf("and %d more lines", wrong-maxMistakes))
	case wrong == 0 && len(cases) == 0:
		return nil, errors.New("there is nothing in the batch")
	}
	return cases, errors.Join(errs...)
}

func firstLine(text []byte) []byte {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return bytes.TrimSpace(line)
}

// batchCase reads one line. The flags say what it does not.
func (f *checkFlags) batchCase(text []byte) (*batchCase, error) {
	var line batchLine
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&line); err != nil {
		return nil, lineError(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more behind the object")
	}
	flags := requestFlags{
		method: firstOf(line.Method, f.request.method), methodGiven: line.Method != "" || f.request.methodGiven,
		headers: f.request.headers, credentials: firstOf(line.Credentials, f.request.credentials),
		mode: firstOf(line.Mode, f.request.mode), redirect: firstOf(line.Redirect, f.request.redirect),
		destination: firstOf(line.Destination, f.request.destination), dataSize: -1,
	}
	if line.Body != nil {
		flags.dataRaw = []string{*line.Body}
	}
	c := f.newCase()
	if line.Origin != "" || line.Page != "" {
		c.pageConfig.Origin, c.pageURL = line.Origin, line.Page
	}
	if line.URL == "" {
		return nil, errors.New(`there is no "url"`)
	}
	if c.pageConfig.Origin == "" && c.pageURL == "" {
		return nil, errors.New(`there is neither "origin" nor "page"; --origin gives one to all lines`)
	}
	if line.Cookie != "" {
		c.cookieValues = []string{line.Cookie}
	}
	c.readHeaders = append(slices.Clip(c.readHeaders), line.ReadHeaders...)
	_, err := parseCookies(c.cookieValues, true)
	if err := errors.Join(checkTarget(line.URL), flags.check(), checkOrigin(line.Origin), err); err != nil {
		return nil, unflagged(err)
	}
	if c.request, c.body, err = flags.request(line.URL, nil); err != nil {
		return nil, unflagged(err)
	}
	c.request.Headers = append(c.request.Headers, line.Headers...)
	if c.request.Body != nil {
		c.request.Body.Kind = fetch.BodyText // as of a string in script
	}
	return &batchCase{checkCase: c, id: line.ID}, nil
}

// lineError says what is wrong with the JSON of a line.
func lineError(err error) error {
	var wrong *json.UnmarshalTypeError
	name, unknown := strings.CutPrefix(err.Error(), "json: unknown field ")
	switch {
	case unknown:
		return fmt.Errorf("there is no member %s; the members are id, origin, page, url, method, headers, body, credentials, mode, redirect, destination, cookie, read_headers", name)
	case errors.As(err, &wrong) && wrong.Field == "":
		return fmt.Errorf("it is no object, but of type %s", wrong.Value)
	case errors.As(err, &wrong):
		return fmt.Errorf("%q cannot be of type %s", wrong.Field, wrong.Value)
	case errors.As(err, new(*json.SyntaxError)), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("it is not JSON: %w", err)
	}
	return err
}

var flagName = regexp.MustCompile(`--([a-z])`)

// unflagged says what is wrong with a member of a line as is said of the flag of that name.
func unflagged(err error) error {
	return errors.New(flagName.ReplaceAllString(strings.ReplaceAll(err.Error(), "\n", "; "), "$1"))
}

// batchResult is a line of the output: the verdict, or why there is none.
type batchResult struct {
	Line int             `json:"line"`
	ID   json.RawMessage `json:"id,omitempty"`
	// URL is set with Failure: a verdict has it in its request.
	URL     string `json:"url,omitempty"`
	Failure string `json:"failure,omitempty"`
	*report.Verdict
}

// inOrder yields what do makes of 0 to n-1, in that order, workers of them at a time and a few ahead.
// It ends early when ctx is done, and never before all that do has begun has ended.
func inOrder[T any](ctx context.Context, n, workers int, do func(context.Context, int) T) iter.Seq[T] {
	return func(yield func(T) bool) {
		var running sync.WaitGroup
		defer running.Wait()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		results := make(chan chan T, 4*workers)
		running.Go(func() {
			defer close(results)
			free := make(chan struct{}, workers)
			for i := range n {
				result := make(chan T, 1)
				if !sent(ctx, free, struct{}{}) || !sent(ctx, results, result) {
					return
				}
				running.Go(func() {
					defer func() { <-free }()
					result <- do(ctx, i)
				})
			}
		})
		for result := range results {
			if r := <-result; ctx.Err() != nil || !yield(r) {
				return
			}
		}
	}
}

// sent sends v, unless ctx is done before.
func sent[T any](ctx context.Context, c chan<- T, v T) bool {
	select {
	case c <- v:
		return true
	case <-ctx.Done():
		return false
	}
}

// printBatch prints results as JSON Lines, and what became of all on Err.
func (a *app) printBatch(ctx context.Context, n int, results iter.Seq[*batchResult]) error {
	bar := a.progress(n)
	encoder := json.NewEncoder(a.Out)
	encoder.SetEscapeHTML(false)
	counts := map[fetch.Result]int{}
	done, unmade, failed := 0, 0, false
	for r := range results {
		if err := encoder.Encode(r); err != nil {
			return err
		}
		done++
		if r.Verdict == nil {
			unmade++
		} else {
			counts[worstOf(r.Verdict)]++
			failed = failed || isFailure(r.Verdict)
		}
		_ = bar.Add(1)
	}
	_ = bar.Clear()
	a.summary(fmt.Sprintf("%d of %d requests", done, n), counts, unmade, "not made")
	switch {
	case ctx.Err() != nil:
		return interrupted(fmt.Sprintf("the first %d results are complete", done))
	case unmade > 0:
		return told(ExitBroken)
	case failed:
		return told(ExitFailed)
	}
	return nil
}

// summary says on Err what became of requests, and why some are without a result.
func (a *app) summary(what string, counts map[fetch.Result]int, without int, why string) {
	words := []string{}
	for _, c := range []struct {
		n     int
		word  string
		style func(string) string
	}{
		{counts[fetch.Allowed], "allowed", a.err.good},
		{counts[fetch.Opaque], "opaque", a.err.notice},
		{counts[fetch.Blocked], "blocked", a.err.bad},
		{counts[fetch.Failed], "network errors", a.err.bad},
		{without, why, a.err.bad},
	} {
		if c.n > 0 {
			words = append(words, c.style(fmt.Sprintf("%d %s", c.n, c.word)))
		}
	}
	if len(words) > 0 {
		what += ": " + strings.Join(words, ", ")
	}
	fmt.Fprintln(a.Err, what)
}

// worstOf is the result that counts, if several browsers were asked: that of the first that blocks.
func worstOf(v *report.Verdict) fetch.Result {
	for _, other := range append([]*report.Verdict{v}, v.Others...) {
		if other.Error != nil {
			return other.Result
		}
	}
	return v.Result
}

// progress is a bar on Err, if that is a terminal, and Out is a file: elsewhere, what is printed shows how
// far it is, and would get in its way.
func (a *app) progress(n int) *progressbar.ProgressBar {
	return progressbar.NewOptions(n,
		progressbar.OptionSetWriter(a.Err), progressbar.OptionSetVisibility(isTerminal(a.Err) && isFile(a.Out) && a.Getenv("TERM") != "dumb"),
		progressbar.OptionSetDescription("checking"), progressbar.OptionShowCount(), progressbar.OptionFullWidth(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
	)
}
