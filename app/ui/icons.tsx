/** The icons in use, imported one by one: the whole set has thousands. All are decoration: words stand beside them. */
export { BanIcon } from "@patternfly/react-icons/dist/esm/icons/ban-icon";
export { CheckCircleIcon } from "@patternfly/react-icons/dist/esm/icons/check-circle-icon";
export { CheckIcon } from "@patternfly/react-icons/dist/esm/icons/check-icon";
export { CopyIcon } from "@patternfly/react-icons/dist/esm/icons/copy-icon";
export { CubesIcon } from "@patternfly/react-icons/dist/esm/icons/cubes-icon";
export { DownloadIcon } from "@patternfly/react-icons/dist/esm/icons/download-icon";
export { ExclamationCircleIcon } from "@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon";
export { ExclamationTriangleIcon } from "@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon";
export { InProgressIcon } from "@patternfly/react-icons/dist/esm/icons/in-progress-icon";
export { InfoCircleIcon as NoteIcon } from "@patternfly/react-icons/dist/esm/icons/info-circle-icon";
export { MinusCircleIcon } from "@patternfly/react-icons/dist/esm/icons/minus-circle-icon";
export { OutlinedCircleIcon } from "@patternfly/react-icons/dist/esm/icons/outlined-circle-icon";
export { OutlinedClockIcon } from "@patternfly/react-icons/dist/esm/icons/outlined-clock-icon";
export { OutlinedFileIcon } from "@patternfly/react-icons/dist/esm/icons/outlined-file-icon";
export { PauseCircleIcon } from "@patternfly/react-icons/dist/esm/icons/pause-circle-icon";
export { PlusCircleIcon } from "@patternfly/react-icons/dist/esm/icons/plus-circle-icon";
export { SearchIcon } from "@patternfly/react-icons/dist/esm/icons/search-icon";
export { SyncAltIcon as ReplaceIcon } from "@patternfly/react-icons/dist/esm/icons/sync-alt-icon";
