package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/bytestr"
	"github.com/corsac-dev/corsac/origin"
)

// maxBody bounds the body of a request.
const maxBody = 1 << 30

// requestFlags are the flags that say what script asks for, with curl's habits.
type requestFlags struct {
	method      string
	methodGiven bool
	headers     []string

	data, dataRaw, dataBinary []string
	dataSize                  int64
	jsonBody                  string
	form                      []string

	credentials, mode, redirect, destination string
	destinationGiven, upload                 bool
}

func (f *requestFlags) register(flags *pflag.FlagSet) {
	flags.StringVarP(&f.method, "request", "X", "", "the `METHOD`; --method is the same")
	flags.StringArrayVarP(&f.headers, "header", "H", nil, "a `HEADER` that script sets, such as 'X-A: 1'; repeatable")
	flags.StringArrayVarP(&f.data, "data", "d", nil, "a string `BODY`, as text/plain unless a Content-Type is set; @file reads one; POST unless -X")
	flags.StringArrayVar(&f.dataRaw, "data-raw", nil, "a `BODY` that brings no Content-Type")
	flags.StringArrayVar(&f.dataBinary, "data-binary", nil, "the same, where @`FILE` reads a file as it is")
	flags.Int64Var(&f.dataSize, "data-size", -1, "a body of `N` bytes, without a Content-Type")
	flags.Lookup("data-size").DefValue = "0" // no default to be shown
	flags.StringVar(&f.jsonBody, "json-body", "", "a `JSON` body, with its Content-Type")
	flags.StringArrayVarP(&f.form, "form", "F", nil, "a field of form data, `NAME=VALUE` or NAME=@file; repeatable")
	flags.StringVar(&f.credentials, "credentials", "", "the credentials `MODE`: omit, same-origin (the default), include")
	flags.StringVar(&f.mode, "mode", "", "the request `MODE`: cors (the default of fetch), no-cors, same-origin")
	flags.StringVar(&f.redirect, "redirect", "", "the redirect `MODE`: follow (the default), error, manual")
	flags.StringVar(&f.destination, "destination", "fetch", "what asks: `KIND` is fetch, xhr, img, script, module, style, font, eventsource, websocket")
	flags.BoolVar(&f.upload, "upload", false, "sets the use-CORS-preflight flag: xhr watches its upload, the body of fetch is a stream")
}

// destinations are the names of --destination.
var destinations = map[string]fetch.Destination{
	"fetch": fetch.DestinationFetch, "xhr": fetch.DestinationXHR, "img": fetch.DestinationImage, "image": fetch.DestinationImage,
	"script": fetch.DestinationScript, "module": fetch.DestinationModule, "style": fetch.DestinationStyle,
	"font": fetch.DestinationFont, "eventsource": fetch.DestinationEventSource, "websocket": fetch.DestinationWebSocket,
}

func destinationNames() []string {
	var names []string
	for name := range destinations {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// check finds mistakes in the flags.
func (f *requestFlags) check() error {
	var errs []error
	oneOf := func(flag, value string, choices ...string) {
		if value != "" && !slices.Contains(choices, value) {
			errs = append(errs, fmt.Errorf("--%s %q is not one of %s", flag, value, strings.Join(choices, ", ")))
		}
	}
	oneOf("credentials", f.credentials, "omit", "same-origin", "include")
	oneOf("mode", f.mode, "cors", "no-cors", "same-origin")
	oneOf("redirect", f.redirect, "follow", "error", "manual")
	oneOf("destination", f.destination, destinationNames()...)
	for _, h := range f.headers {
		if _, err := parseHeader(h); err != nil {
			errs = append(errs, err)
		}
	}
	if f.dataSize > maxBody {
		errs = append(errs, fmt.Errorf("--data-size %d is more than %d", f.dataSize, maxBody))
	}
	return errors.Join(errs...)
}

// checkTarget refuses what is not the URL of a request.
func checkTarget(rawURL string) error {
	if strings.HasPrefix(rawURL, "/") {
		return nil // of the page
	}
	scheme, rest, ok := strings.Cut(rawURL, ":")
	isPort := rest != "" && rest[0] >= '0' && rest[0] <= '9'
	if ok && !strings.Contains(scheme, ".") && scheme != "localhost" && !isPort {
		return nil // whatever it is, the engine says what a browser makes of it
	}
	guess := "https://" + rawURL
	if o, err := origin.ParseURL(guess); err == nil && (o.AddressSpace() > origin.SpacePublic || !strings.Contains(o.Host(), ".")) {
		guess = "http://" + rawURL
	}
	return fmt.Errorf("%q has no scheme; write %s", rawURL, guess)
}

func checkOrigin(s string) error {
	if s == "" {
		return nil
	}
	if _, err := origin.Parse(s); err != nil {
		return fmt.Errorf("--origin %w", err)
	}
	return nil
}

// parseHeader reads a header as curl does: "Name: value", and "Name;" for an empty
// value. The value is text whose code points are bytes, as in script.
func parseHeader(s string) (fetch.Header, error) {
	name, value, ok := strings.Cut(s, ":")
	if !ok {
		if name, ok = strings.CutSuffix(s, ";"); !ok {
			return fetch.Header{}, fmt.Errorf("--header %q has no colon; write 'Name: value', or 'Name;' for an empty value", s)
		}
	}
	h := fetch.Header{Name: name, Value: strings.Trim(value, " \t\r\n")}
	if !utf8.ValidString(s) {
		return h, nil // bytes already
	}
	var okName, okValue bool
	h.Name, okName = bytestr.Encode(h.Name)
	h.Value, okValue = bytestr.Encode(h.Value)
	if !okName || !okValue {
		return h, fmt.Errorf("--header %q has a character above U+00FF; script gets a TypeError for it", s)
	}
	return h, nil
}

// request returns what script asks for, and the bytes of its body.
func (f *requestFlags) request(rawURL string, stdin io.Reader) (*fetch.Request, []byte, error) {
	r := &fetch.Request{
		URL:    rawURL,
		Method: f.method,
		Options: fetch.Options{
			Credentials: fetch.Credentials(f.credentials), Mode: fetch.Mode(f.mode), Redirect: f.redirect,
			Destination: destinations[f.destination], UploadListener: f.upload,
		},
	}
	for _, s := range f.headers {
		h, err := parseHeader(s)
		if err != nil {
			return nil, nil, err
		}
		r.Headers = append(r.Headers, h)
	}
	if element := isElement(r.Destination); element && (f.mode == "cors" || f.credentials != "") {
		attribute := "anonymous"
		if f.credentials == "include" {
			attribute = "use-credentials"
		}
		r.CrossOrigin, r.Mode, r.Credentials = &attribute, "", ""
	}
	body, err := f.body(r, stdin)
	if err != nil {
		return nil, nil, err
	}
	if f.upload && r.Destination == fetch.DestinationFetch {
		if r.Body == nil {
			return nil, nil, errors.New("--upload is about a body: give one with --data, or --destination xhr")
		}
		r.Body.Kind = fetch.BodyStream // the one body of fetch() that sets the flag
	}
	switch {
	case f.methodGiven:
		r.Method = cmp.Or(f.method, fetch.EmptyMethod)
	case r.Body != nil:
		r.Method = "POST"
	}
	return r, body, nil
}

// isElement reports whether a crossorigin attribute decides the mode.
func isElement(d fetch.Destination) bool {
	switch d {
	case fetch.DestinationImage, fetch.DestinationScript, fetch.DestinationModule, fetch.DestinationStyle, fetch.DestinationFont:
		return true
	}
	return false
}

// body reads the flags about the body, of which one kind can be given.
func (f *requestFlags) body(r *fetch.Request, stdin io.Reader) ([]byte, error) {
	kinds := 0
	for _, given := range []bool{len(f.data) > 0, len(f.dataRaw) > 0, len(f.dataBinary) > 0, f.dataSize >= 0, f.jsonBody != "", len(f.form) > 0} {
		if given {
			kinds++
		}
	}
	switch {
	case kinds == 0:
		return nil, nil
	case kinds > 1:
		return nil, errors.New("give one kind of body: --data, --data-raw, --data-binary, --data-size, --json-body or --form")
	case len(f.data) > 0:
		r.Body = &fetch.Body{Kind: fetch.BodyText}
		return joinData(f.data, stdin, true)
	case len(f.dataRaw) > 0:
		r.Body = &fetch.Body{Kind: fetch.BodyBytes}
		return []byte(strings.Join(f.dataRaw, "&")), nil
	case len(f.dataBinary) > 0:
		r.Body = &fetch.Body{Kind: fetch.BodyBytes}
		return joinData(f.dataBinary, stdin, false)
	case f.dataSize >= 0:
		r.Body = &fetch.Body{Kind: fetch.BodyBytes}
		return bytes.Repeat([]byte{'x'}, int(f.dataSize)), nil
	case f.jsonBody != "":
		r.Body = &fetch.Body{Kind: fetch.BodyText}
		if !r.Headers.Has("Content-Type") {
			r.Headers = append(r.Headers, fetch.Header{Name: "Content-Type", Value: "application/json"})
		}
		return []byte(f.jsonBody), nil
	default:
		return f.formBody(r)
	}
}

// joinData joins the values of a repeated flag with "&", as curl does; @file reads
// a file, and @- standard input, without line breaks if they are stripped.
func joinData(values []string, stdin io.Reader, strip bool) ([]byte, error) {
	var parts [][]byte
	for _, v := range values {
		name, isFile := strings.CutPrefix(v, "@")
		if !isFile {
			parts = append(parts, []byte(v))
			continue
		}
		data, err := readFile(name, stdin)
		if err != nil {
			return nil, err
		}
		if strip {
			data = bytes.ReplaceAll(bytes.ReplaceAll(data, []byte("\r"), nil), []byte("\n"), nil)
		}
		parts = append(parts, data)
	}
	return bytes.Join(parts, []byte{'&'}), nil
}

// readFile reads a file, of at most maxBody bytes; - is standard input.
func readFile(name string, stdin io.Reader) ([]byte, error) {
	in := stdin
	if name != "-" || stdin == nil {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, maxBody+1))
	if err == nil && len(data) > maxBody {
		err = fmt.Errorf("%s has more than %d bytes", name, maxBody)
	}
	return data, err
}

// formBody makes multipart/form-data.
func (f *requestFlags) formBody(r *fetch.Request) ([]byte, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, field := range f.form {
		name, value, ok := strings.Cut(field, "=")
		if !ok {
			return nil, fmt.Errorf("--form %q has no =; write NAME=VALUE or NAME=@file", field)
		}
		path, isFile := strings.CutPrefix(value, "@")
		if !isFile {
			if err := w.WriteField(name, value); err != nil {
				return nil, err
			}
			continue
		}
		data, err := readFile(path, nil)
		if err != nil {
			return nil, err
		}
		part, err := w.CreateFormFile(name, filepath.Base(path))
		if err != nil {
			return nil, err
		}
		if _, err := part.Write(data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	r.Body = &fetch.Body{Kind: fetch.BodyFormData, Boundary: w.Boundary()}
	return b.Bytes(), nil
}
