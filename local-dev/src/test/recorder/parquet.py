"""Writes Parquet files with Arrow's C++ library, and what a correct reader reads of them."""
import datetime, decimal, json, sys
import pyarrow as pa, pyarrow.parquet as pq

directory = sys.argv[1]
at = 1767323045678901234  # 2026-01-02T03:04:05.678901234Z in nanoseconds
D = decimal.Decimal
# column: type, two values, what they must be read as
types = {
    'text': (pa.string(), ['sensör-😀', None], ['sensör-😀', None]),
    'dictionary': (pa.dictionary(pa.int32(), pa.string()), ['x', 'y'], ['x', 'y']),
    'bytes': (pa.binary(), [b'abc', b'\xff'], ['YWJj', '/w==']),
    'fixed': (pa.binary(4), [b'abcd', b'efgh'], ['YWJjZA==', 'ZWZnaA==']),
    'int8': (pa.int8(), [-128, 127], [-128, 127]),
    'int64': (pa.int64(), [-2**63, 2**63 - 1], [-2**63, 2**63 - 1]),
    'uint8': (pa.uint8(), [255, 1], [255, 1]),
    'uint16': (pa.uint16(), [65535, 1], [65535, 1]),
    'uint32': (pa.uint32(), [2**32 - 1, 1], [2**32 - 1, 1]),
    'uint64': (pa.uint64(), [2**64 - 1, 1], [2**64 - 1, 1]),
    'float16': (pa.float16(), [1.5, -2.5], [1.5, -2.5]),
    'float64': (pa.float64(), [0.1, -1e300], [0.1, -1e300]),
    'flag': (pa.bool_(), [True, False], [True, False]),
    'decimal5': (pa.decimal128(5, 2), [D('12.34'), D('-1.00')], ['12.34', '-1.00']),
    'decimal14': (pa.decimal128(14, 2), [D('999999999999.99'), D('-0.01')], ['999999999999.99', '-0.01']),
    'decimal30': (pa.decimal128(30, 4), [D('12345678901234567890.1234'), D('0.0000')], ['12345678901234567890.1234', '0.0000']),
    'date': (pa.date32(), [datetime.date(2026, 1, 2), datetime.date(1960, 1, 2)], ['2026-01-02', '1960-01-02']),
    'time': (pa.time64('us'), [3723000001, 0], ['01:02:03.000001', '00:00']),
    'millis': (pa.timestamp('ms', 'UTC'), [at // 10**6, -1], ['2026-01-02T03:04:05.678Z', '1969-12-31T23:59:59.999Z']),
    'micros': (pa.timestamp('us', 'UTC'), [at // 10**3, -1], ['2026-01-02T03:04:05.678901Z', '1969-12-31T23:59:59.999999Z']),
    'nanos': (pa.timestamp('ns', 'UTC'), [at, -1], ['2026-01-02T03:04:05.678901234Z', '1969-12-31T23:59:59.999999999Z']),
    'zone': (pa.timestamp('ms', 'Asia/Tokyo'), [at // 10**6, -1], ['2026-01-02T03:04:05.678Z', '1969-12-31T23:59:59.999Z']),
    'local': (pa.timestamp('us'), [at // 10**3, None], ['2026-01-02T03:04:05.678901', None]),
    'list': (pa.list_(pa.string()), [['a', None], []], [['a', None], []]),
    'unsignedList': (pa.list_(pa.uint64()), [[2**64 - 1], None], [[2**64 - 1], None]),
    'struct': (pa.struct([('x', pa.int32()), ('y', pa.list_(pa.struct([('z', pa.uint32())])))]),
               [{'x': 1, 'y': [{'z': 2**32 - 1}]}, None], [{'x': 1, 'y': [{'z': 2**32 - 1}]}, None]),
    'map': (pa.map_(pa.string(), pa.decimal128(4, 1)), [[('k', D('1.5'))], []], [{'k': '1.5'}, {}]),
}
table = pa.table({name: pa.array(values, type) for name, (type, values, _) in types.items()})
pq.write_table(table, f'{directory}/arrow-types.parquet')
with open(f'{directory}/arrow-types.jsonl', 'w') as lines:
    for row in range(2):
        lines.write(json.dumps({name: read[row] for name, (_, _, read) in types.items()}, ensure_ascii=False) + '\n')

readings = [{'sensor': f'sensor-{i % 3}', 'value': i / 3, 'unit': None if i % 2 else '°C', 'at': at // 10**6 + i} for i in range(20)]
schema = pa.schema([('sensor', pa.string()), ('value', pa.float64()), ('unit', pa.string()), ('at', pa.timestamp('ms', 'UTC'))])
text = lambda millis: datetime.datetime.fromtimestamp(millis // 1000, datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%S') + f'.{millis % 1000:03}Z'
with open(f'{directory}/readings.jsonl', 'w') as lines:
    for r in readings:
        lines.write(json.dumps(r | {'at': text(r['at'])}, ensure_ascii=False) + '\n')
for codec in ['none', 'snappy', 'gzip', 'lz4', 'zstd', 'brotli']:
    pq.write_table(pa.Table.from_pylist(readings, schema), f'{directory}/arrow-{codec}.parquet', compression=codec, row_group_size=7)
pq.write_table(pa.Table.from_pylist(readings, schema), f'{directory}/arrow-int96.parquet', use_deprecated_int96_timestamps=True)
pq.write_table(pa.Table.from_pylist(readings, schema), f'{directory}/arrow-v2.parquet', version='2.6', data_page_version='2.0',
               use_dictionary=False, column_encoding={'at': 'DELTA_BINARY_PACKED', 'sensor': 'DELTA_BYTE_ARRAY', 'value': 'BYTE_STREAM_SPLIT'})
