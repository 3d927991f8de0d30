package probe

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// decodeStart decodes a body to its end, and returns the beginning of what it
// decoded. Like browsers, it takes a body that is cut off, has a wrong checksum,
// or goes on after its end for whole; errors are those of a body in another
// encoding. It is errUnfinished if the body would be too long.
func decodeStart(body io.Reader, encoding string) ([]byte, error) {
	in, err := decoder(body, encoding)
	if err != nil {
		return nil, forgiven(err)
	}
	start, err := io.ReadAll(io.LimitReader(in, maxStart))
	if err != nil {
		return start, forgiven(err)
	}
	_, err = io.Copy(io.Discard, in)
	return start, forgiven(err)
}

// bounded is errUnfinished after some bytes: of every encoding, because a small body
// may become large in the middle and small again.
type bounded struct {
	r    io.Reader
	left int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errUnfinished
	}
	return n, err
}

// forgiven returns err unless browsers ignore it.
func forgiven(err error) error {
	if isEnd(err) || errors.Is(err, gzip.ErrChecksum) || errors.Is(err, zlib.ErrChecksum) || errors.Is(err, zstd.ErrCRCMismatch) {
		return nil
	}
	return err
}

// maxEncodings bounds the encodings of a body.
const maxEncodings = 8

// decoder returns a reader that decodes a body with the encodings of a
// Content-Encoding header, which were applied in that order. Browsers do not
// decode at all if there is one that they do not know.
func decoder(body io.Reader, encoding string) (io.Reader, error) {
	names := strings.Split(strings.ToLower(encoding), ",")
	if len(names) > maxEncodings {
		return nil, fmt.Errorf("there are more than %d encodings", maxEncodings)
	}
	for i := range names {
		names[i] = strings.Trim(names[i], " \t")
		if decoders[names[i]] == nil {
			return body, nil
		}
	}
	in := body
	for i := len(names) - 1; i >= 0; i-- {
		var err error
		if in, err = decoders[names[i]](in); err != nil {
			return nil, err
		}
		in = &bounded{in, maxDecoded}
	}
	return in, nil
}

var decoders = map[string]func(io.Reader) (io.Reader, error){
	"gzip": gunzip, "x-gzip": gunzip, "deflate": inflate,
	"br":   func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
	"zstd": unzstd,
}

// begins returns a reader of the same, and an error if what comes does not begin
// as the magic bytes of an encoding do. It may end before they do.
func begins(r io.Reader, magic string) (io.Reader, error) {
	b := bufio.NewReader(r)
	head, _ := b.Peek(len(magic)) // what comes of it
	if !strings.HasPrefix(magic, string(head)) {
		return nil, fmt.Errorf("it begins with %q", head)
	}
	return b, nil
}

func gunzip(r io.Reader) (io.Reader, error) {
	r, err := begins(r, "\x1f\x8b\x08")
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return z, nil
}

// inflate decodes deflate, with or without the header of zlib: servers have
// always sent either.
func inflate(r io.Reader) (io.Reader, error) {
	b := bufio.NewReader(r)
	head, err := b.Peek(2)
	if err != nil {
		return bytes.NewReader(nil), nil //nolint:nilerr // an empty body; what ended it is known elsewhere
	}
	if head[0]&0x0f == 8 && (uint(head[0])<<8|uint(head[1]))%31 == 0 {
		return zlib.NewReader(b)
	}
	return flate.NewReader(b), nil
}

// maxWindow is the most memory that browsers give zstd.
const maxWindow = 8 << 20

func unzstd(r io.Reader) (io.Reader, error) {
	r, err := begins(r, "\x28\xb5\x2f\xfd")
	if err != nil {
		return nil, err
	}
	return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
}
