package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// bucket is where the demo exports to and ingests from.
const bucket = "shop"

// customersOf and ordersOf are the rows of the shop: a tenth customers, the rest
// orders. Every value that is hard for a file format is among them.
const (
	customerTypes = `id UInt64, name String, email Nullable(String), born Nullable(Date32), country LowCardinality(String),
		credit Decimal(12, 2), joined_at DateTime64(3, 'Europe/Berlin'), notes Nullable(String)`
	createCustomers = `CREATE OR REPLACE TABLE shop.customers (` + customerTypes + `) ENGINE = MergeTree ORDER BY id`
	createOrders    = `CREATE OR REPLACE TABLE %s (
		id UInt64, customer_id UInt64, ordered_at DateTime64(6, 'UTC'), status LowCardinality(String),
		items UInt16, total Decimal(18, 4), discount Nullable(Float64), gift Bool, ship_to String, comment Nullable(String)
	) ENGINE = MergeTree ORDER BY id`
	fillCustomers = `INSERT INTO shop.customers SELECT number + 1,
		concat(['Zoë', 'Łukasz', '李小龙', 'O''Brien', 'Müller, Jr.', 'Ana "Nina"', 'Søren'][number %% 7 + 1], ' ', toString(number)),
		if(number %% 11 = 0, NULL, concat('user', toString(number), '@example.com')),
		if(number %% 5 = 0, NULL, toDate32('1930-01-01') + number %% 30000),
		['DE', 'ES', 'US', 'JP'][number %% 4 + 1], toDecimal64(cityHash64(number) %% 100000000, 2) / 100,
		toDateTime64('2015-01-01 00:00:00', 3, 'UTC') + number * 37 + toIntervalMillisecond(number %% 1000),
		multiIf(number %% 3 = 0, NULL, number %% 3 = 1, '', concat('likes "quotes", commas\nand lines ', toString(number)))
		FROM numbers(%d)`
	fillOrders = `INSERT INTO %s SELECT number + %d, cityHash64(number) %% 100000 + 1,
		toDateTime64('2024-01-01 00:00:00', 6, 'UTC') + number * 13 + toIntervalMicrosecond(number * 7919 %% 1000000),
		['new', 'paid', 'sent', 'returned'][number %% 4 + 1], number %% 20 + 1,
		toDecimal64(cityHash64(number, 1) %% 1000000000, 4) / 10000,
		if(number %% 4 = 0, NULL, round((number %% 97) / 97, 3)), number %% 6 = 0,
		concat('Straße ', toString(number %% 300), if(number %% 9 = 0, ', Hinterhof; "links"', '')),
		multiIf(number %% 3 = 0, NULL, number %% 3 = 1, '', concat('🎁 ', toString(number), ',', if(number %% 2 = 0, 'ring "twice"', 'tab	here')))
		FROM numbers(%d)`
)

// lateOrders is how many orders come later, in files that others wrote.
const lateOrders = 60_000

func generate(ctx context.Context, db *sql.DB, rows int) error {
	customers := rows / 10
	orders := rows - customers
	for _, statement := range []string{
		"CREATE DATABASE IF NOT EXISTS shop",
		createCustomers, fmt.Sprintf(createOrders, "shop.orders"), fmt.Sprintf(createOrders, "shop.late_orders"),
		fmt.Sprintf(fillCustomers, customers),
		fmt.Sprintf(fillOrders, "shop.orders", 1, orders),
		fmt.Sprintf(fillOrders, "shop.late_orders", orders+1, lateOrders),
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("generate: %w", err)
		}
	}
	return makeBucket(ctx)
}

func makeBucket(ctx context.Context) error {
	client := s3.New(s3.Options{
		BaseEndpoint: aws.String(os.Getenv("LONGSHORE_S3_ENDPOINT")), Region: os.Getenv("LONGSHORE_S3_REGION"), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(os.Getenv("LONGSHORE_S3_ACCESS_KEY"), os.Getenv("LONGSHORE_S3_SECRET"), ""),
	})
	_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(bucket)})
	var owned *types.BucketAlreadyOwnedByYou
	if err != nil && !errors.As(err, &owned) {
		return fmt.Errorf("create bucket %s: %w", bucket, err)
	}
	return nil
}
