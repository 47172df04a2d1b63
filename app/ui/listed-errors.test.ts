import { expect, test } from "vitest";
import { type FieldError, nextErrorList, openCount, sentErrors } from "./listed-errors.ts";

const name = { fieldId: "name", message: "“Wharf!” must be lower-case" };
const workers = { fieldId: "workers", message: "must be a whole number" };
const disk = { fieldId: "disk", message: "at least 10 GiB" };
const sent: readonly FieldError[] = [name, workers];

const shown = (errors: readonly FieldError[], list = sentErrors(1, sent)) =>
  nextErrorList(list, 1, errors).errors.map(({ message, fixed }) => (fixed ? `(fixed) ${message}` : message));

test("an error that is gone keeps its place, and no longer counts", () => {
  expect(shown([workers])).toEqual([`(fixed) ${name.message}`, workers.message]);
  expect(openCount(nextErrorList(sentErrors(1, sent), 1, [workers]))).toBe(1);
  expect(openCount(nextErrorList(sentErrors(1, sent), 1, []))).toBe(0);
});

test("a field that breaks another rule now shows that rule", () => {
  expect(shown([{ ...name, message: "“demo” is in use" }, workers])).toEqual(["“demo” is in use", workers.message]);
});

test("an error that appears later is listed after those that were there, and counts", () => {
  const later = nextErrorList(sentErrors(1, sent), 1, [disk, name, workers]);
  expect(later.errors.map(({ fieldId }) => fieldId)).toEqual(["name", "workers", "disk"]);
  expect(openCount(later)).toBe(3);
  expect(shown([name], later)).toEqual([name.message, `(fixed) ${workers.message}`, `(fixed) ${disk.message}`]);
});

test("an error that comes back takes its place again", () => {
  expect(shown(sent, nextErrorList(sentErrors(1, sent), 1, []))).toEqual([name.message, workers.message]);
});

test("two errors of one field have a place each", () => {
  const second = { ...name, message: "at most 30 characters" };
  const both = sentErrors(1, [name, second]);
  expect(shown([second], both)).toEqual([`(fixed) ${name.message}`, second.message]);
  expect(shown([{ ...name, message: "“a” is in use" }], both)).toEqual(["“a” is in use", `(fixed) ${second.message}`]);
  expect(openCount(nextErrorList(both, 1, [second]))).toBe(1);
});

test("sending the form again begins a new list", () => {
  expect(nextErrorList(sentErrors(1, sent), 2, [disk])).toEqual(sentErrors(2, [disk]));
});

test("where nothing differs the list is the same one", () => {
  const list = sentErrors(1, sent);
  expect(nextErrorList(list, 1, [workers, name])).toBe(list);
});
