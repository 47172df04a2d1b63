package output

import (
	"fmt"
	"strings"
	"testing"
)

// captured passes every line on at once.
func captured(shown Shown) (*Capture, *[]string) {
	lines := &[]string{}
	capture := NewCapture(shown, func(text string) { *lines = append(*lines, strings.Split(text, "\n")...) })
	capture.flow.pause = 0
	return capture, lines
}

func TestLinesAreWholeHoweverTheyArrive(t *testing.T) {
	capture, lines := captured(Shown{Stdout: true, Stderr: true})
	for _, chunk := range []string{"one", " line\r\ntw", "o\n\nlast"} {
		fmt.Fprint(capture.Stdout(), chunk)
	}
	if got := strings.Join(*lines, "|"); got != "one line|two|" {
		t.Errorf("before the end: %q", got)
	}
	capture.Finish()
	if got := strings.Join(*lines, "|"); got != "one line|two||last" {
		t.Errorf("after the end: %q", got)
	}
}

func TestStreamsDoNotMixWithinALine(t *testing.T) {
	capture, lines := captured(Shown{Stdout: true, Stderr: true})
	fmt.Fprint(capture.Stdout(), "out ")
	fmt.Fprint(capture.Stderr(), "err\n")
	fmt.Fprint(capture.Stdout(), "more\n")
	if got := strings.Join(*lines, "|"); got != "err|out more" {
		t.Errorf("got %q", got)
	}
}

func TestALongLineIsShownInPiecesOfWholeCharacters(t *testing.T) {
	capture, lines := captured(Shown{Stdout: true})
	text := "x" + strings.Repeat("한", 20_000)
	fmt.Fprint(capture.Stdout(), text)
	capture.Finish()
	if len(*lines) < 3 || strings.Join(*lines, "") != text || strings.Contains(strings.Join(*lines, ""), "\uFFFD") {
		t.Errorf("%d pieces", len(*lines))
	}
}

func TestWhatIsNotTextIsReplaced(t *testing.T) {
	capture, lines := captured(Shown{Stdout: true})
	fmt.Fprint(capture.Stdout(), "a\xff\xfeb\n")
	capture.Finish()
	stdout, _ := capture.Text()
	if stdout != "a\uFFFDb" || (*lines)[0] != "a\uFFFDb" {
		t.Errorf("got %q and %q", stdout, *lines)
	}
}

func TestOneLineEndIsTakenOff(t *testing.T) {
	capture, _ := captured(Shown{})
	fmt.Fprint(capture.Stdout(), "text\n\n")
	if stdout, stderr := capture.Text(); stdout != "text\n" || stderr != "" {
		t.Errorf("got %q, %q", stdout, stderr)
	}
}

func TestTheEndingSaysWhyThereIsNoOutput(t *testing.T) {
	silent, _ := captured(Shown{Stdout: true, Stderr: true})
	if got := silent.Ending(); got != "it printed nothing" {
		t.Errorf("silent: %q", got)
	}
	none := "none"
	hidden, _ := captured(ShownBy(&none))
	fmt.Fprint(hidden.Stdout(), "secret\n")
	if got := hidden.Ending(); !strings.Contains(got, "hidden") || strings.Contains(got, "secret") {
		t.Errorf("hidden: %q", got)
	}
}

func TestTheEndingIsShort(t *testing.T) {
	capture, _ := captured(Shown{Stdout: true})
	for i := range 1000 {
		fmt.Fprintln(capture.Stdout(), i, strings.Repeat("y", 2000))
	}
	if got := capture.Ending(); len(got) > 12_000 || !strings.Contains(got, "\n999 ") || strings.Contains(got, "\n900 ") {
		t.Errorf("%d bytes", len(got))
	}
}

func TestLinesThatComeFastShareAMessage(t *testing.T) {
	messages := make(chan string, 10)
	capture := NewCapture(Shown{Stdout: true}, func(text string) { messages <- text })
	for _, line := range []string{"one", "two", "three"} {
		fmt.Fprintln(capture.Stdout(), line)
	}
	if first, second := <-messages, <-messages; first != "one" || second != "two\nthree" {
		t.Errorf("got %q and %q", first, second)
	}
}

func TestAFloodIsBounded(t *testing.T) {
	shown, messages := 0, []string{}
	capture := NewCapture(Shown{Stdout: true}, func(text string) { shown += len(text); messages = append(messages, text) })
	line := strings.Repeat("z", 99) + "\n"
	for range 1_000_000 {
		fmt.Fprint(capture.Stdout(), line)
	}
	fmt.Fprintln(capture.Stdout(), "the end")
	capture.Finish()
	if stdout, _ := capture.Text(); len(stdout) > 5<<20 || !strings.Contains(stdout, "bytes left out") || !strings.HasSuffix(stdout, "z\nthe end") {
		t.Errorf("%d bytes are kept", len(stdout))
	}
	if last := messages[len(messages)-1]; !strings.HasSuffix(last, "z\nthe end") {
		t.Errorf("the last message ends with %q", last[max(0, len(last)-20):])
	}
	if !strings.Contains(strings.Join(messages, ""), " lines left out …") || shown > 20<<20 {
		t.Errorf("%d bytes were shown in %d messages", shown, len(messages))
	}
}
