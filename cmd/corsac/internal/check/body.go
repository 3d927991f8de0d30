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

// MaxBody bounds the body of a request, and every file that is read.
const MaxBody = 1 << 30

// BodySpec is a body in the words of a command line. One kind of it may be given.
type BodySpec struct {
	// Data is text, where @file reads a file without its line breaks. Raw is
	// taken as it is. Binary is bytes, where @file reads a file as it is.
	// Repeated values are joined with "&".
	Data, Raw, Binary []string
	// Size is the length of a body of filler, negative for none.
	Size int64
	// JSON brings its Content-Type.
	JSON string
	// Form are fields of form data, NAME=VALUE or NAME=@file.
	Form []string
}

func (b *BodySpec) check() error {
	if b.Size > MaxBody {
		return fmt.Errorf("--data-size %d is more than %d", b.Size, MaxBody)
	}
	return nil
}

// read returns the bytes of the body, and sets what the request says of it.
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
		return nil, errors.New("give one kind of body: --data, --data-raw, --data-binary, --data-size, --json-body or --form")
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

// Filler is the byte that a body of a given size consists of.
const Filler = 'x'

// join joins the values of a repeated option with "&", as curl does; @file reads a
// file, and @- standard input, without line breaks if they are stripped.
func join(values []string, stdin io.Reader, strip bool) ([]byte, error) {
	var parts [][]byte
	for _, v := range values {
		name, isFile := strings.CutPrefix(v, "@")
		if !isFile {
			parts = append(parts, []byte(v))
			continue
		}
		data, err := ReadFile(name, stdin)
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

// ReadFile reads a file of at most [MaxBody] bytes; - is stdin, if there is one.
func ReadFile(name string, stdin io.Reader) ([]byte, error) {
	in := stdin
	if name != "-" || stdin == nil {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, MaxBody+1))
	if err == nil && len(data) > MaxBody {
		err = fmt.Errorf("%s has more than %d bytes", name, MaxBody)
	}
	return data, err
}

// form makes multipart/form-data.
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
	data, err := ReadFile(path, nil)
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
