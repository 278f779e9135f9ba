export type Json = string | number | boolean | null | {
  [key: string]: Json | undefined;
} | Json[];

export type Database = {
  "public": {
    Tables: {
      "agencies": {
        Row: {
          "closed_weekdays": (number)[];
          "contact_email": string | null;
          "created_at": string;
          "due_soon_threshold_days": number;
          "grace_days": number;
          "id": string;
          "name": string;
          "overdue_cutoff_time": string;
          "timezone": string;
        };
        ComputedFields: never;
        Insert: {
          "closed_weekdays"?: (number)[];
          "contact_email"?: string | null;
          "created_at"?: string;
          "due_soon_threshold_days"?: number;
          "grace_days"?: number;
          "id"?: string;
          "name": string;
          "overdue_cutoff_time"?: string;
          "timezone"?: string;
        };
        Update: {
          "closed_weekdays"?: (number)[];
          "contact_email"?: string | null;
          "created_at"?: string;
          "due_soon_threshold_days"?: number;
          "grace_days"?: number;
          "id"?: string;
          "name"?: string;
          "overdue_cutoff_time"?: string;
          "timezone"?: string;
        };
        Relationships: [];
      };
      "agency_closed_days": {
        Row: {
          "agency_id": string;
          "day": string;
          "name": string | null;
        };
        ComputedFields: never;
        Insert: {
          "agency_id": string;
          "day": string;
          "name"?: string | null;
        };
        Update: {
          "agency_id"?: string;
          "day"?: string;
          "name"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "agency_closed_days_agency_id_fkey";
            columns: ["agency_id"];
            isOneToOne: false;
            referencedRelation: "agencies";
            referencedColumns: ["id"];
          },
        ];
      };
      "installments": {
        Row: {
          "amount": number;
          "created_at": string;
          "id": string;
          "paid_at": string | null;
          "payment_plan_id": string;
          "status": string;
          "student_due_date": string;
        };
        ComputedFields: never;
        Insert: {
          "amount": number;
          "created_at"?: string;
          "id"?: string;
          "paid_at"?: string | null;
          "payment_plan_id": string;
          "status"?: string;
          "student_due_date": string;
        };
        Update: {
          "amount"?: number;
          "created_at"?: string;
          "id"?: string;
          "paid_at"?: string | null;
          "payment_plan_id"?: string;
          "status"?: string;
          "student_due_date"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "installments_payment_plan_id_fkey";
            columns: ["payment_plan_id"];
            isOneToOne: false;
            referencedRelation: "payment_plans";
            referencedColumns: ["id"];
          },
        ];
      };
      "jobs_log": {
        Row: {
          "completed_at": string | null;
          "created_at": string | null;
          "duration_ms": number | null;
          "error_message": string | null;
          "errors": Json | null;
          "id": string;
          "is_cancelled": boolean;
          "items_failed": number | null;
          "items_processed": number | null;
          "items_total": number | null;
          "items_updated": number | null;
          "job_name": string;
          "last_progress_at": string | null;
          "metadata": Json | null;
          "records_updated": number | null;
          "started_at": string;
          "status": string;
          "trigger_source": string | null;
        };
        ComputedFields: never;
        Insert: {
          "completed_at"?: string | null;
          "created_at"?: string | null;
          "duration_ms"?: never;
          "error_message"?: string | null;
          "errors"?: Json | null;
          "id"?: string;
          "is_cancelled"?: boolean;
          "items_failed"?: number | null;
          "items_processed"?: number | null;
          "items_total"?: number | null;
          "items_updated"?: number | null;
          "job_name": string;
          "last_progress_at"?: string | null;
          "metadata"?: Json | null;
          "records_updated"?: number | null;
          "started_at": string;
          "status": string;
          "trigger_source"?: string | null;
        };
        Update: {
          "completed_at"?: string | null;
          "created_at"?: string | null;
          "duration_ms"?: never;
          "error_message"?: string | null;
          "errors"?: Json | null;
          "id"?: string;
          "is_cancelled"?: boolean;
          "items_failed"?: number | null;
          "items_processed"?: number | null;
          "items_total"?: number | null;
          "items_updated"?: number | null;
          "job_name"?: string;
          "last_progress_at"?: string | null;
          "metadata"?: Json | null;
          "records_updated"?: number | null;
          "started_at"?: string;
          "status"?: string;
          "trigger_source"?: string | null;
        };
        Relationships: [];
      };
      "payment_plans": {
        Row: {
          "agency_id": string;
          "course_name": string | null;
          "created_at": string;
          "currency": string;
          "id": string;
          "status": string;
          "student_name": string | null;
          "total_amount": number | null;
        };
        ComputedFields: never;
        Insert: {
          "agency_id": string;
          "course_name"?: string | null;
          "created_at"?: string;
          "currency"?: string;
          "id"?: string;
          "status"?: string;
          "student_name"?: string | null;
          "total_amount"?: number | null;
        };
        Update: {
          "agency_id"?: string;
          "course_name"?: string | null;
          "created_at"?: string;
          "currency"?: string;
          "id"?: string;
          "status"?: string;
          "student_name"?: string | null;
          "total_amount"?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: "payment_plans_agency_id_fkey";
            columns: ["agency_id"];
            isOneToOne: false;
            referencedRelation: "agencies";
            referencedColumns: ["id"];
          },
        ];
      };
      "user_roles": {
        Row: {
          "agency_id": string | null;
          "id": string;
          "role": string;
          "user_id": string;
        };
        ComputedFields: never;
        Insert: {
          "agency_id"?: string | null;
          "id"?: string;
          "role": string;
          "user_id": string;
        };
        Update: {
          "agency_id"?: string | null;
          "id"?: string;
          "role"?: string;
          "user_id"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "user_roles_agency_id_fkey";
            columns: ["agency_id"];
            isOneToOne: false;
            referencedRelation: "agencies";
            referencedColumns: ["id"];
          },
        ];
      };
    };
    Views: {
      "installments_aging": {
        Row: {
          "agency_id": string | null;
          "currency": string | null;
          "days_1_to_30": number | null;
          "days_31_to_60": number | null;
          "days_61_to_90": number | null;
          "days_over_90": number | null;
          "not_due": number | null;
          "partial_installments": number | null;
          "partial_not_due": number | null;
          "partial_overdue": number | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "installments_due": {
        Row: {
          "agency_id": string;
          "agency_local_date": string | null;
          "amount": number;
          "id": string;
          "is_due_soon": boolean | null;
          "is_overdue_now": boolean | null;
          "overdue_at": string | null;
          "payment_plan_id": string;
          "status": string;
          "student_due_date": string;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "installments_payment_plan_id_fkey";
            columns: ["payment_plan_id"];
            isOneToOne: false;
            referencedRelation: "payment_plans";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "payment_plans_agency_id_fkey";
            columns: ["agency_id"];
            isOneToOne: false;
            referencedRelation: "agencies";
            referencedColumns: ["id"];
          },
        ];
      };
    };
    Functions: {
      "agency_report": {
        Args: { "agency_id": string; "as_of"?: string };
        Returns: Json;
      };
      "changed_clocks": {
        Args: { "as_of"?: string; "max_count"?: number };
        Returns: Json;
      };
      "claim_job_alerts": {
        Args: {
          "as_of"?: string;
          "channels": Json;
          "lease_seconds"?: number;
          "max_count"?: number;
        };
        Returns: Json;
      };
      "claim_overdue_digest": {
        Args: {
          "agency_id": string;
          "as_of"?: string;
          "lease_seconds"?: number;
          "run_id": string;
        };
        Returns: Json;
      };
      "complete_job_alert": {
        Args: {
          "alert_id": string;
          "as_of"?: string;
          "channel": string;
          "error"?: string;
          "lease": string;
          "outcome": string;
          "pause_channel"?: boolean;
          "retry_after_seconds"?: number;
        };
        Returns: Json;
      };
      "complete_overdue_digest": {
        Args: {
          "agency_id": string;
          "as_of"?: string;
          "lease": string;
          "mail_id"?: string;
          "outcome": string;
          "week": string;
        };
        Returns: Json;
      };
      "control_job": {
        Args: {
          "action": string;
          "channel"?: string;
          "expected_interval"?: string;
          "job_name"?: string;
          "reason"?: string;
          "requested_by": string;
          "run_id"?: string;
          "schedule"?: string;
          "until"?: string;
        };
        Returns: Json;
      };
      "correct_overdue": {
        Args: {
          "agency_id"?: string;
          "as_of"?: string;
          "dry_run"?: boolean;
          "run_id"?: string;
        };
        Returns: Json;
      };
      "explain_installment": {
        Args: { "as_of"?: string; "installment_id": string };
        Returns: Json;
      };
      "find_installments": {
        Args: { "max_count"?: number; "search": string };
        Returns: Json;
      };
      "finish_job_run": {
        Args: {
          "as_of"?: string;
          "error_message"?: string;
          "errors"?: Json;
          "items_failed"?: number;
          "items_processed"?: number;
          "items_total"?: number;
          "metadata"?: Json;
          "records_updated"?: number;
          "run_id": string;
          "status"?: string;
          "token"?: string;
        };
        Returns: Json;
      };
      "get_alert_deliveries": { Args: { "alert_id": string }; Returns: Json };
      "get_job_counters": { Args: { "as_of"?: string }; Returns: Json };
      "get_job_health": {
        Args: {
          "as_of"?: string;
          "raise_alerts"?: boolean;
          "with_details"?: boolean;
        };
        Returns: Json;
      };
      "get_job_metrics": {
        Args: {
          "as_of"?: string;
          "from_at"?: string;
          "job_name"?: string;
          "max_runs"?: number;
          "to_at"?: string;
          "with_details"?: boolean;
        };
        Returns: Json;
      };
      "get_run_timeline": { Args: { "run_id": string }; Returns: Json };
      "installment_history": {
        Args: { "installment_id": string };
        Returns: {
          "as_of": string;
          "changed_at": string;
          "cutoff_time": string;
          "effective_due_date": string;
          "from_status": string;
          "local_time": string;
          "reason": string;
          "run_id": string;
          "timezone": string;
          "to_status": string;
        }[];
      };
      "installment_report": {
        Args: { "as_of"?: string; "installment_id": string };
        Returns: Json;
      };
      "installments_aging_at": {
        Args: { "as_of"?: string; "only_agency"?: string };
        Returns: {
          "agency_id": string;
          "currency": string;
          "days_1_to_30": number;
          "days_31_to_60": number;
          "days_61_to_90": number;
          "days_over_90": number;
          "not_due": number;
          "partial_installments": number;
          "partial_not_due": number;
          "partial_overdue": number;
        }[];
      };
      "is_this_database": { Args: { "fingerprint": string }; Returns: boolean };
      "job_exists": { Args: { "job_name": string }; Returns: Json };
      "list_agencies": {
        Args: {
          "after_id"?: string;
          "after_name"?: string;
          "as_of"?: string;
          "max_count"?: number;
          "search"?: string;
        };
        Returns: Json;
      };
      "list_incidents": { Args: { "max_count"?: number }; Returns: Json };
      "list_job_names": { Args: Record<PropertyKey, never>; Returns: Json };
      "list_job_runs": {
        Args: {
          "before_id"?: string;
          "before_started_at"?: string;
          "from_at"?: string;
          "job_name"?: string;
          "max_count"?: number;
          "omit_key"?: string;
          "run_id"?: string;
          "status"?: string;
          "to_at"?: string;
          "trigger_source"?: string;
        };
        Returns: Json;
      };
      "list_job_runs_without_details": {
        Args: {
          "before_id"?: string;
          "before_started_at"?: string;
          "from_at"?: string;
          "job_name"?: string;
          "max_count"?: number;
          "run_id"?: string;
          "status"?: string;
          "to_at"?: string;
          "trigger_source"?: string;
        };
        Returns: Json;
      };
      "list_overdue_digests": { Args: { "run_id": string }; Returns: Json };
      "list_recent_runs": { Args: { "max_count"?: number }; Returns: Json };
      "preview_overdue": {
        Args: {
          "agency_id"?: string;
          "as_of"?: string;
          "cutoff_time"?: string;
          "grace_days"?: number;
          "timezone"?: string;
        };
        Returns: Json;
      };
      "process_installment_batch": {
        Args: { "batch_size"?: number; "run_id": string };
        Returns: Json;
      };
      "report_channel_problems": {
        Args: { "as_of"?: string; "problems": Json };
        Returns: Json;
      };
      "report_job_progress": {
        Args: {
          "as_of"?: string;
          "errors"?: Json;
          "items_failed"?: number;
          "items_processed"?: number;
          "items_total"?: number;
          "records_updated"?: number;
          "run_id": string;
        };
        Returns: Json;
      };
      "report_ping_failure": {
        Args: { "problem": string; "run_id": string };
        Returns: Json;
      };
      "start_job_run": {
        Args: {
          "as_of"?: string;
          "job_name": string;
          "run_id"?: string;
          "token"?: string;
          "trigger_source"?: string;
        };
        Returns: Json;
      };
      "update_installment_statuses": {
        Args: { "as_of"?: string; "run_id"?: string };
        Returns: {
          "agency_id": string;
          "transitions": Json;
          "updated_count": number;
        }[];
      };
    };
    Enums: {
      [_ in never]: never;
    };
    CompositeTypes: {
      [_ in never]: never;
    };
  };
};

type DatabaseWithoutInternals = Omit<Database, "__InternalSupabase">;

type DefaultSchema =
  DatabaseWithoutInternals[Extract<keyof Database, "public">];

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof (
      & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]][
        "Tables"
      ]
      & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]][
        "Views"
      ]
    )
    : never = never,
> = DefaultSchemaTableNameOrOptions extends
  { schema: keyof DatabaseWithoutInternals } ? (
    & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]][
      "Tables"
    ]
    & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]][
      "Views"
    ]
  )[TableName] extends {
    Row: infer R;
  } ? R
  : never
  : DefaultSchemaTableNameOrOptions extends
    keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    ? (DefaultSchema["Tables"] & DefaultSchema["Views"])[
      DefaultSchemaTableNameOrOptions
    ] extends {
      Row: infer R;
    } ? R
    : never
  : never;

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]][
      "Tables"
    ]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends
  { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]][
    "Tables"
  ][TableName] extends {
    Insert: infer I;
  } ? I
  : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Insert: infer I;
    } ? I
    : never
  : never;

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]][
      "Tables"
    ]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends
  { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]][
    "Tables"
  ][TableName] extends {
    Update: infer U;
  } ? U
  : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Update: infer U;
    } ? U
    : never
  : never;

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema["Enums"]
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]][
      "Enums"
    ]
    : never = never,
> = DefaultSchemaEnumNameOrOptions extends
  { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][
    EnumName
  ]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
    ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
  : never;

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[
      PublicCompositeTypeNameOrOptions["schema"]
    ]["CompositeTypes"]
    : never = never,
> = PublicCompositeTypeNameOrOptions extends
  { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]][
    "CompositeTypes"
  ][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends
    keyof DefaultSchema["CompositeTypes"]
    ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
  : never;

export const Constants = {
  "public": {
    Enums: {},
  },
} as const;
