neurofs_test(engine_writer_test LABEL unit
  SOURCES writer_test.cc writer_layout_test.cc importer_test.cc shard_stream_test.cc
  LAYERS base geometry lens codec storage field cache prefetch device engine)
