package http1

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// maxChunkLine bounds the line before a chunk, which may have extensions.
const maxChunkLine = 4 << 10

// maxOverhead bounds how many bytes of lines and extensions there may be beyond
// those that chunks of a sensible size need.
const maxOverhead = 16 << 10

var (
	errChunk    = errors.New("a chunk is not valid")
	errChunkEnd = errors.New("a chunk does not end where it should")
	errOverhead = errors.New("its chunks have more lines than content")
	errTrailers = fmt.Errorf("its trailers are longer than %d bytes", MaxTrailers)
)

// Decoder finds the content in a body in chunks (RFC 9112 §7.1): after Advance,
// Left says how much of it follows, and Skip that it has been read. Its zero
// value is at the beginning of a body. After an error it must not be used.
type Decoder struct {
	// Trailers are the fields after the content, once the body has ended. They are
	// not checked for names that must not be there.
	Trailers []Field

	state    decoderState
	left     int64 // bytes of the chunk
	overhead int64
	done     bool
}

type decoderState int

const (
	beforeChunk decoderState = iota
	inChunk
	afterChunk
	inTrailers
)

// Left returns how many bytes of content are next, before there is anything
// else.
func (d *Decoder) Left() int64 {
	if d.state != inChunk {
		return 0
	}
	return d.left
}

// Skip notes that n bytes of content, of those that are left, have been read.
func (d *Decoder) Skip(n int64) {
	if d.left -= n; d.left == 0 {
		d.state = afterChunk
	}
}

// Done reports whether the body has ended.
func (d *Decoder) Done() bool { return d.done }

// Advance uses bytes that have arrived up to the next content, or to the end of
// the body, and returns how many. If there is neither content left nor the end,
// more bytes have to arrive.
func (d *Decoder) Advance(b []byte) (used int, err error) {
	for !d.done && d.state != inChunk {
		n := 0
		switch d.state {
		case beforeChunk:
			n, err = d.size(b[used:])
		case afterChunk:
			n, err = d.chunkEnd(b[used:])
		default:
			n, err = d.trailers(b[used:])
		}
		used += n
		if n == 0 || err != nil {
			return used, err
		}
	}
	return used, nil
}

// size reads the line before a chunk. Extensions are ignored, as RFC 9112
// §7.1.1 wants of recipients that do not know them.
func (d *Decoder) size(b []byte) (int, error) {
	line, n, err := cutLine(b, maxChunkLine, errChunk)
	if n == 0 || err != nil {
		return 0, err
	}
	digits, extensions := line, []byte(nil)
	if i := bytes.IndexAny(line, "; \t"); i >= 0 {
		digits, extensions = line[:i], bytes.TrimLeft(line[i:], " \t")
	}
	size, err := parseHex(digits)
	if err != nil || len(extensions) > 0 && extensions[0] != ';' || !IsValue(string(extensions)) {
		return 0, fmt.Errorf("%w: %.40q", errChunk, line)
	}
	// A chunk of one byte needs six more.
	d.overhead = max(0, d.overhead+int64(n)+2-16-2*size)
	if d.overhead > maxOverhead {
		return 0, errOverhead
	}
	d.left, d.state = size, inChunk
	if size == 0 {
		d.state = inTrailers
	}
	return n, nil
}

// parseHex reads hexadecimal digits, at most as many as fit into 63 bits.
func parseHex(digits []byte) (n int64, err error) {
	if len(digits) == 0 || len(digits) > 15 {
		return 0, errChunk
	}
	for _, c := range digits {
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | int64(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			n = n<<4 | int64(c|0x20-'a'+10)
		default:
			return 0, errChunk
		}
	}
	return n, nil
}

// chunkEnd reads the CR and LF after the content of a chunk.
func (d *Decoder) chunkEnd(b []byte) (int, error) {
	const end = "\r\n"
	n := min(len(b), len(end))
	if string(b[:n]) != end[:n] {
		return 0, errChunkEnd
	}
	if n < len(end) {
		return 0, nil
	}
	d.state = beforeChunk
	return n, nil
}

// trailers reads the whole trailer section (RFC 9112 §7.1.2), once it has
// arrived.
func (d *Decoder) trailers(b []byte) (int, error) {
	end := 0
	for {
		line, n, err := cutLine(b[end:], MaxTrailers-end, errTrailers)
		if n == 0 || err != nil {
			return 0, err
		}
		end += n
		if len(line) == 0 {
			break
		}
	}
	d.done = true
	if end == len("\r\n") {
		return end, nil
	}
	return end, parseFields(string(b[:end]), &d.Trailers)
}

// cutLine returns the first line of b without its end, and its length with it,
// which is 0 if the line has not ended. A longer line is the error tooLong.
func cutLine(b []byte, longest int, tooLong error) (line []byte, n int, err error) {
	i := bytes.IndexByte(b, '\n')
	switch {
	case i >= longest || i < 0 && len(b) >= longest:
		return nil, 0, tooLong
	case i < 0:
		return nil, 0, nil
	case i == 0 || b[i-1] != '\r':
		return nil, 0, errLine
	}
	return b[:i-1], i + 1, nil
}

// ChunkHead is the room that the line before a chunk needs, at most.
const ChunkHead = 16 + len("\r\n")

// AppendChunkHead appends the line before a chunk of n bytes, which is not the
// last. The content follows, and then [ChunkEnd].
func AppendChunkHead(b []byte, n int) []byte {
	return append(strconv.AppendInt(b, int64(n), 16), "\r\n"...)
}

// ChunkEnd follows the content of a chunk.
const ChunkEnd = "\r\n"

// AppendLastChunk appends the end of a body in chunks, with its trailers.
func AppendLastChunk(b []byte, trailers []Field) ([]byte, error) {
	b = append(b, "0\r\n"...)
	for _, f := range trailers {
		var err error
		if b, err = AppendField(b, f); err != nil {
			return b, err
		}
	}
	return append(b, "\r\n"...), nil
}
