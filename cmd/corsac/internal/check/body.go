package check

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"os"
	"path/filepath"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// MaxBody bounds the body of a request.
const MaxBody = 1 << 30

// BodySpec is a body in the form of command-line options. Only one kind may be
// given.
type BodySpec struct {
	// Data is text; @file reads a file and removes its line breaks. Raw is used
	// unchanged. Binary is bytes; @file reads a file unchanged. Repeated values
	// are joined with "&".
	Data, Raw, Binary []string
	// Size is the length of a body of filler; negative means none.
	Size int64
	// JSON is a body with Content-Type application/json.
	JSON string
	// Form are the fields of form data: NAME=VALUE or NAME=@file.
	Form []string
}

func (b *BodySpec) check() error {
	if b.Size > MaxBody {
		return fmt.Errorf("--data-size %d is more than %d", b.Size, MaxBody)
	}
	return nil
}

// read returns the bytes of the body, and sets the body and its headers in the
// request.
func (b *BodySpec) read(r *fetch.Request, stdin io.Reader) ([]byte, error) {
	kinds := 0
	for _, given := range []bool{len(b.Data) > 0, len(b.Raw) > 0, len(b.Binary) > 0, b.Size >= 0, b.JSON != "", len(b.Form) > 0} {
		if given {
			kinds++
		}
	}
	switch {
	case kinds == 0:
		return nil, nil
	case kinds > 1:
		return nil, errors.New("use only one kind of body: --data, --data-raw, --data-binary, --data-size, --json-body or --form")
	case len(b.Data) > 0:
		r.Body = &fetch.Body{Kind: fetch.BodyText}
		return join(b.Data, stdin, true)
	case len(b.Raw) > 0:
		r.Body = &fetch.Body{Kind: fetch.BodyBytes}
		return []byte(strings.Join(b.Raw, "&")), nil
	case len(b.Binary) > 0:
		r.Body = &fetch.Body{Kind: fetch.BodyBytes}
		return join(b.Binary, stdin, false)
	case b.Size >= 0:
		r.Body = &fetch.Body{Kind: fetch.BodyBytes}
		return bytes.Repeat([]byte{Filler}, int(b.Size)), nil
	case b.JSON != "":
		r.Body = &fetch.Body{Kind: fetch.BodyText}
		if !r.Headers.Has("Content-Type") {
			r.Headers = append(r.Headers, fetch.Header{Name: "Content-Type", Value: "application/json"})
		}
		return []byte(b.JSON), nil
	default:
		return b.form(r)
	}
}

// Filler is the byte that fills a body of a given size.
const Filler = 'x'

// join joins the values of a repeated option with "&", as curl does. @file
// reads a file, and @- reads standard input; if strip is set, line breaks are
// removed.
func join(values []string, stdin io.Reader, strip bool) ([]byte, error) {
	var parts [][]byte
	for _, v := range values {
		name, isFile := strings.CutPrefix(v, "@")
		if !isFile {
			parts = append(parts, []byte(v))
			continue
		}
		data, err := ReadFile(name, stdin, MaxBody)
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

// ReadFile reads a file of at most that many bytes. The name - means stdin, if
// there is one.
func ReadFile(name string, stdin io.Reader, most int64) ([]byte, error) {
	in := stdin
	if name != "-" || stdin == nil {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("%s has more than %d bytes", name, most)
	}
	return data, err
}

// form returns a multipart/form-data body.
func (b *BodySpec) form(r *fetch.Request) ([]byte, error) {
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	for _, field := range b.Form {
		name, value, ok := strings.Cut(field, "=")
		if !ok {
			return nil, fmt.Errorf("--form %q has no =; write NAME=VALUE or NAME=@file", field)
		}
		if err := writeField(w, name, value); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	r.Body = &fetch.Body{Kind: fetch.BodyFormData, Boundary: w.Boundary()}
	return out.Bytes(), nil
}

func writeField(w *multipart.Writer, name, value string) error {
	path, isFile := strings.CutPrefix(value, "@")
	if !isFile {
		return w.WriteField(name, value)
	}
	data, err := ReadFile(path, nil, MaxBody)
	if err != nil {
		return err
	}
	part, err := w.CreateFormFile(name, filepath.Base(path))
	if err != nil {
		return err
	}
	_, err = part.Write(data)
	return err
}
