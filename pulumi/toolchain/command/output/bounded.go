package output

import "fmt"

// Bytes kept of the beginning and of the end of a stream; the engine writes them into its state many times over.
const keptOfEachEnd = 2 << 20

// bounded keeps the beginning and the end of what is written to it, and the number of bytes in between.
type bounded struct {
	head, tail []byte
	leftOut    int
}

func (b *bounded) write(chunk []byte) {
	room := min(keptOfEachEnd-len(b.head), len(chunk))
	b.head = append(b.head, chunk[:room]...)
	b.tail = append(b.tail, chunk[room:]...)
	// Cut seldom: each cut moves what is kept.
	if len(b.tail) > 2*keptOfEachEnd {
		b.cut()
	}
}

func (b *bounded) cut() {
	over := len(b.tail) - keptOfEachEnd
	if over <= 0 {
		return
	}
	b.leftOut += over
	b.tail = append([]byte(nil), b.tail[over:]...)
}

func (b *bounded) empty() bool { return len(b.head) == 0 }

// text returns what was written, with a note in the place of a middle that was not kept.
func (b *bounded) text() string {
	b.cut()
	if b.leftOut == 0 {
		return string(b.head) + string(b.tail)
	}
	return fmt.Sprintf("%s\n… %d bytes left out …\n%s", b.head, b.leftOut, b.tail)
}
