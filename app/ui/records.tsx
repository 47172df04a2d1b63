/** A table that becomes a list of cards on narrow screens; every cell repeats its column's name there. */
import type { ReactNode } from "react";
import { Table } from "@patternfly/react-table/dist/esm/components/Table/Table";
import { Tbody } from "@patternfly/react-table/dist/esm/components/Table/Tbody";
import { Td } from "@patternfly/react-table/dist/esm/components/Table/Td";
import { Th } from "@patternfly/react-table/dist/esm/components/Table/Th";
import { Thead } from "@patternfly/react-table/dist/esm/components/Table/Thead";
import { Tr } from "@patternfly/react-table/dist/esm/components/Table/Tr";

export interface Column<Row> {
  readonly name: string;
  readonly cell: (row: Row) => ReactNode;
  /** Digits stand under each other. */
  readonly digits?: boolean;
}

export interface RecordsProps<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
}

export function Records<Row>({ caption, columns, rows, keyOf }: RecordsProps<Row>) {
  return (
    <Table aria-label={caption} variant="compact" gridBreakPoint="grid-md" className="b-records">
      <Thead>
        <Tr>
          {columns.map((column) => (
            <Th key={column.name} modifier="nowrap">{column.name}</Th>
          ))}
        </Tr>
      </Thead>
      <Tbody>
        {rows.map((row) => (
          <Tr key={keyOf(row)}>
            {columns.map((column) => (
              <Td key={column.name} dataLabel={column.name} {...(column.digits === true ? { className: "b-digits" } : {})}>
                {column.cell(row)}
              </Td>
            ))}
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
